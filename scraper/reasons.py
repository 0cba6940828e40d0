"""Why something of an import failed, in words: a code and facts, which any language can say.

Rows keep both, beside the English sentence. What only commands write (`import_folder`) needs no code.
"""

import errno
from typing import Any

from django.utils.translation import gettext, gettext_noop

from ml.inference import UnreadableImage

SENTENCES = {
    # Calls that brought nothing: another try may.
    "limit_used_up": gettext_noop("%(address)s: WikiArt’s limit of calls is used up."),
    "slow_down": gettext_noop("%(address)s: it asks us to slow down (429)."),
    "server_failed": gettext_noop("%(address)s: it failed (%(status)s)."),
    "page_for_data": gettext_noop("%(address)s: it answered with a web page in place of data."),
    "page_for_picture": gettext_noop("%(address)s: it answered with a web page in place of a picture."),
    "answer_garbled": gettext_noop("%(address)s: its answer was cut off or garbled."),
    "error_reported": gettext_noop("%(address)s: it reported an error."),
    "answer_too_large": gettext_noop("%(address)s: it answered with more than %(most)s MiB."),
    "answer_too_slow": gettext_noop("%(address)s: its answer took too long."),
    "circle": gettext_noop("%(address)s: it led us in a circle."),
    "error_page": gettext_noop("%(address)s: it led us to its error page."),
    "picture_came_damaged": gettext_noop("%(address)s: the picture came damaged."),
    "name_not_found": gettext_noop("%(address)s: its name cannot be found; is the network there?"),
    "no_connection": gettext_noop("%(address)s: it cannot be reached."),
    "no_answer": gettext_noop("%(address)s: it did not answer in time."),
    "not_secure": gettext_noop("%(address)s: the connection is not secure."),
    "connection_broke": gettext_noop("%(address)s: the connection broke."),
    # Calls that another try does not help.
    "no_such_page": gettext_noop("%(address)s does not exist there."),
    "only_placeholder": gettext_noop("%(address)s is only a placeholder there."),
    "refused": gettext_noop("%(address)s was refused (%(status)s)."),
    "off_limits": gettext_noop("%(address)s is off limits: robots.txt asks programs to stay away."),
    "leads_away": gettext_noop("%(address)s leads to %(host)s, which is not WikiArt’s."),
    "not_known": gettext_noop("WikiArt does not know it."),
    "artist_not_known": gettext_noop("WikiArt knows no artist “%(slug)s”."),
    "style_not_known": gettext_noop("WikiArt knows no style “%(slug)s”."),
    "genre_not_known": gettext_noop("WikiArt knows no genre “%(slug)s”."),
    "style_empty": gettext_noop("WikiArt lists no works of the style “%(slug)s”."),
    "genre_empty": gettext_noop("WikiArt lists no works of the genre “%(slug)s”."),
    "no_details": gettext_noop("WikiArt has no details of %(name)s."),
    "no_answer_to_read": gettext_noop("WikiArt gave no answer that can be read for “%(name)s”: %(why)s"),
    # Settings.
    "contact_missing": gettext_noop("Set WIKIART_CONTACT to an address or page where WikiArt can reach you."),
    "image_size_unknown": gettext_noop("WIKIART_IMAGE_SIZE may be %(sizes)s."),
    "wrong_codes": gettext_noop(
        "WikiArt does not accept the access codes. Check WIKIART_ACCESS_CODE and WIKIART_SECRET_CODE."
    ),
    # Lists.
    "list_cut_short": gettext_noop(
        "WikiArt lists %(total)s works there and shows %(seen)s. Import by artist for the rest."
    ),
    "works_missing": gettext_noop("Not all of its works came; %(count)s are missing. Try again."),
    "leads_nowhere": gettext_noop("WikiArt says there is more and does not lead there."),
    # Answers, fresh or saved.
    "single_value": gettext_noop("It holds a single value. Save a whole answer of WikiArt’s and give that."),
    "web_page": gettext_noop(
        "It is a web page, not data: WikiArt shows one when a call fails. Fetch it again."
    ),
    "no_json": gettext_noop("It is no JSON, or cut off (%(error)s). Fetch it again."),
    "nested_too_deeply": gettext_noop("It is nested too deeply to be read. Fetch it again."),
    "login_answer": gettext_noop("It is the answer to a login and holds a key. Delete the file."),
    "only_ids": gettext_noop("It lists only ids (%(count)s), without saying what they are."),
    "only_terms": gettext_noop(
        "It lists terms of WikiArt’s dictionaries (%(count)s), no artists and no paintings."
    ),
    "nothing_of_wikiart": gettext_noop(
        "It holds no artists and no paintings of WikiArt’s. Give a saved answer of its interface."
    ),
    "neither_of_wikiart": gettext_noop(
        "It is no artist and no painting of WikiArt’s. Give a saved answer of its interface."
    ),
    "failed_call": gettext_noop("It is WikiArt’s answer to a call that failed: “%(said)s”. Fetch it again."),
    "file_unreadable": gettext_noop("It cannot be read: %(error)s."),
    # Single records.
    "id_twice": gettext_noop("Its id %(number)s is also that of “%(other)s” in this answer."),
    "no_record": gettext_noop("It is no record but a single value."),
    "artist_without_address": gettext_noop("It has no address at WikiArt, so its works cannot be found."),
    "work_without_address": gettext_noop("It has neither an address nor an id of WikiArt’s."),
    "id_rounded": gettext_noop("Its id was rounded by a JavaScript program, and it has no address."),
    "style_unknown": gettext_noop("Its style is not known."),
    "not_taken": gettext_noop("The catalogue does not take it: %(error)s"),
    "nothing_kept": gettext_noop("Nothing of it was kept. Start the import again."),
    "portrait_missed": gettext_noop("The portrait did not come: %(why)s"),
    # Pictures; `picture_` and a code of ml's UnreadableImage.
    "no_picture": gettext_noop("WikiArt shows no picture of it."),
    "placeholder": gettext_noop("WikiArt shows only a placeholder for it."),
    "no_picture_there": gettext_noop("WikiArt has no picture under its address."),
    "wrong_shape": gettext_noop(
        "The picture there is %(width)s × %(height)s px, "
        "not of the shape %(told_width)s × %(told_height)s that WikiArt’s record tells."
    ),
    "no_memory": gettext_noop("There is not enough memory to decode it."),
    "picture_empty": gettext_noop("The file at WikiArt cannot be used: it is empty."),
    "picture_not_a_picture": gettext_noop("The file at WikiArt cannot be used: it is no picture."),
    "picture_unsupported_kind": gettext_noop(
        "The file at WikiArt cannot be used: it is of a kind that cannot be read here."
    ),
    "picture_too_many_pixels": gettext_noop("The file at WikiArt cannot be used: it has too many pixels."),
    "picture_too_small": gettext_noop("The file at WikiArt cannot be used: the picture is too small."),
    "picture_too_long": gettext_noop("The file at WikiArt cannot be used: the picture is too long."),
    "picture_too_many_scans": gettext_noop("The file at WikiArt cannot be used: it has too many scans."),
    "picture_cut_off": gettext_noop("The file at WikiArt cannot be used: it ends too early."),
    "picture_damaged": gettext_noop("The file at WikiArt cannot be used: it is damaged."),
    # Why a run stopped, or waits.
    "other_import": gettext_noop("Another import is running; this one waits for it."),
    "in_five_minutes": gettext_noop("%(why)s Trying again in five minutes."),
    "slow_answers": gettext_noop("WikiArt answers slowly."),
    "stopped_by": gettext_noop("Stopped: %(error)s. When that is mended, resume it here."),
    "model_unusable": gettext_noop("The model cannot be used: %(error)s"),
    # What the system says, as a part of a sentence.
    "os_ENOSPC": gettext_noop("No space left on device"),
    "os_EDQUOT": gettext_noop("Disk quota exceeded"),
    "os_EACCES": gettext_noop("Permission denied"),
    "os_EROFS": gettext_noop("Read-only file system"),
    "os_EIO": gettext_noop("Input/output error"),
    "os_ENOENT": gettext_noop("No such file or directory"),
    "os_EISDIR": gettext_noop("Is a directory"),
    "os_EMFILE": gettext_noop("Too many open files"),
}


class Reason(str):
    """An English sentence that knows its code and facts: numbers, texts, and Reasons again."""

    code: str
    facts: dict[str, Any]

    def __new__(cls, code: str, /, **facts: Any) -> "Reason":
        reason = super().__new__(cls, SENTENCES[code] % facts)
        reason.code, reason.facts = code, facts
        return reason

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.code,), self.facts

    @classmethod
    def read(cls, code: str, facts: dict[str, Any]) -> "Reason":
        """What `facts_as_json` gave. Raises KeyError where it is of another version."""
        read = {
            name: cls.read(fact["code"], fact["facts"]) if isinstance(fact, dict) else fact
            for name, fact in facts.items()
        }
        return cls(code, **read)

    def facts_as_json(self) -> dict[str, Any]:
        """Facts as a column keeps them."""
        return {name: _fact_as_json(fact) for name, fact in self.facts.items()}

    def translated(self) -> str:
        """The sentence in the language of the page."""
        return gettext(SENTENCES[self.code]) % {
            name: fact.translated() if isinstance(fact, Reason) else fact for name, fact in self.facts.items()
        }


def _fact_as_json(fact: Any) -> Any:
    if isinstance(fact, Reason):
        return {"code": fact.code, "facts": fact.facts_as_json()}
    return storable(fact) if isinstance(fact, str) else fact


def said(sentence: str, code: str, facts: dict[str, Any]) -> str:
    """A kept sentence in the language of the page; as it is where it has no code, or one of another version."""
    try:
        reason = Reason.read(code, facts)
    except (KeyError, TypeError):
        return sentence
    return reason.translated() if reason == sentence else sentence  # old code changes the sentence alone


def kept(sentence: str, *, prefix: str = "") -> dict[str, Any]:
    """Code and facts of a sentence as columns; empty where it has none."""
    code, facts = (sentence.code, sentence.facts_as_json()) if isinstance(sentence, Reason) else ("", {})
    return {f"{prefix}code": code, f"{prefix}facts": facts}


def of(error: Exception) -> str:
    """Why something failed, as the error that tells it was given it."""
    if isinstance(error, UnreadableImage):
        return of_picture(error)
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def of_picture(error: UnreadableImage) -> Reason:
    """Why a picture of WikiArt's cannot be used."""
    return Reason(f"picture_{error.code}")


def of_system(error: OSError) -> str:
    """What the system says, as a part of a sentence; in English where it says something rare."""
    code = f"os_{errno.errorcode.get(error.errno or 0, '')}"
    return Reason(code) if code in SENTENCES else error.strerror or str(error)


def storable(text: str) -> str:
    """Without what PostgreSQL cannot keep: NUL and halves of surrogate pairs."""
    return text.replace("\0", "").encode(errors="replace").decode()
