"""Rooms where curators decide: labels, duplicates, and what else is worth seeing to."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from .. import duplicates, files, handover, labels, quality, tasks
from ..changes import CannotUndo
from ..models import Artwork, DuplicateDecision, DuplicatePair, FileCheck, LabelSuggestion, Style
from .filters import YesNoMenu

DECIDED_PAGE = 48


class DuplicateMenu(YesNoMenu):
    title, parameter_name = _("duplicate"), "duplicate"
    yes, no = _("Suspected duplicate"), _("Not suspected")

    def those_with(self, works):
        return works.suspected_duplicates()

    def those_without(self, works):
        return works.exclude(pk__in=Artwork.objects.suspected_duplicates().values("pk"))


class FileMenu(YesNoMenu):
    """Whether the picture's file was there when files were checked last."""

    title, parameter_name = _("file"), "file"
    yes, no = _("File is there"), _("File is missing")

    def those_with(self, works):
        return works.exclude(picture="").filter(missing_file=None)

    def those_without(self, works):
        return works.filter(missing_file__isnull=False)


class Room(admin.ModelAdmin):
    """A page of its own in the place of a list. Who may see works may see it; who may change them may decide."""

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("gallery.view_artwork")

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_change_permission(self, request, obj=None):
        return False

    has_add_permission = has_change_permission

    def has_delete_permission(self, request, obj=None):
        """There is no page for it: Django asks before a work goes that takes such rows along."""
        return request.user.has_perm("gallery.delete_artwork")

    def doors(self):
        """Addresses beside the page: (pattern, view, end of the name)."""
        return []

    def get_urls(self):
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(pattern, self.admin_site.admin_view(view), name=f"{info}_{name}")
            for pattern, view, name in self.doors()
        ]
        return [*own, path("", self.admin_site.admin_view(self.changelist_view), name=f"{info}_changelist")]

    def show(self, request, template: str, **context):
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        own = {
            "title": capfirst(self.opts.verbose_name_plural),
            "opts": self.opts,
            "may_decide": may_decide(request),
        }
        return render(
            request, f"admin/gallery/{template}", self.admin_site.each_context(request) | own | context
        )


def may_decide(request) -> bool:
    return request.user.has_perm("gallery.change_artwork")


def refuse_spectators(request) -> None:
    if not may_decide(request):
        raise PermissionDenied


# Labels


class LabelForm(forms.Form):
    """What a curator says to a suggestion."""

    decision = forms.ChoiceField(choices=[(word, word) for word in ("accept", "other", "reject", "skip")])
    style = forms.ModelChoiceField(Style.objects.all(), required=False, empty_label=_("Another style …"))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        house, others = Style.objects.of_the_house(), Style.objects.others()
        choices = [
            ("", gettext("Another style …")),
            *((style.pk, style.label) for style in [*house, *others]),
        ]
        self.fields["style"].choices = choices
        self.fields["style"].widget.attrs["aria-label"] = gettext("Another style")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("decision") == "other" and cleaned.get("style") is None:
            raise forms.ValidationError(gettext("Choose the style it is, then set it."))
        return cleaned


@admin.register(LabelSuggestion)
class LabelRoom(Room):
    def doors(self):
        return [
            ("decided/", self.decided, "decided"),
            ("<int:pk>/decide/", self.decide, "decide"),
            ("<int:pk>/undo/", self.undo, "undo"),
            ("<int:pk>/picture/", self.picture, "picture"),
        ]

    def changelist_view(self, request, extra_context=None):
        """The next suggestion, or the one that is asked for."""
        waiting = LabelSuggestion.objects.to_review()
        wanted = request.GET.get("suggestion", "")
        pk = waiting.filter(pk=wanted).values_list("pk", flat=True).first() if wanted.isdecimal() else None
        pk = pk or waiting.values_list("pk", flat=True).first()  # sorted before others are joined to it
        suggestion = (
            waiting.select_related("artwork__artist", "artwork__style", "proposed", "predicted")
            .filter(pk=pk)
            .first()
        )
        private = LabelSuggestion.objects.open().filter(artwork=None, picture="").count()
        return self.show(
            request,
            "labels.html",
            suggestion=suggestion,
            sureness=suggestion and _sureness(suggestion),
            form=LabelForm(),
            waiting=waiting.order_by().count(),
            private=private,
            last=_decided().first(),
        )

    @method_decorator(require_POST)
    def decide(self, request, pk: int):
        refuse_spectators(request)
        suggestion = get_object_or_404(LabelSuggestion, pk=pk)
        form = LabelForm(request.POST)
        if not form.is_valid():
            messages.error(request, gettext("Choose the style it is, then set it."))
            return redirect(f"{reverse('admin:gallery_labelsuggestion_changelist')}?suggestion={pk}")
        try:
            self._follow(suggestion, request.user, **form.cleaned_data)
        except labels.CannotDecide as error:
            messages.warning(request, str(error))
        return redirect("admin:gallery_labelsuggestion_changelist")

    def _follow(self, suggestion: LabelSuggestion, user, *, decision: str, style: Style | None) -> None:
        if decision == "skip":
            labels.skip(suggestion)
        elif decision == "reject":
            labels.reject(suggestion, user=user)
        else:
            labels.accept(suggestion, suggestion.proposed if decision == "accept" else style, user=user)

    @method_decorator(require_POST)
    def undo(self, request, pk: int):
        refuse_spectators(request)
        suggestion = get_object_or_404(LabelSuggestion.objects.decided(), pk=pk)
        try:
            labels.undo(suggestion, user=request.user)
        except CannotUndo as error:
            messages.error(request, str(error))
            return redirect("admin:gallery_labelsuggestion_decided")
        return redirect(f"{reverse('admin:gallery_labelsuggestion_changelist')}?suggestion={pk}")

    def decided(self, request):
        page = Paginator(_decided(), DECIDED_PAGE).get_page(request.GET.get("page"))
        return self.show(request, "labels_decided.html", title=gettext("Decided labels"), page=page)

    @method_decorator(require_safe)
    def picture(self, request, pk: int):
        """The picture of somebody who allowed curators to see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        suggestion = get_object_or_404(LabelSuggestion.objects.exclude(picture=""), pk=pk)
        try:
            file = suggestion.picture.open("rb")
        except FileNotFoundError as error:
            raise Http404(gettext("There is no picture to show.")) from error
        response = FileResponse(file, content_type="image/jpeg")
        response.headers["Cache-Control"] = "private, no-store"
        return response


def _decided():
    return LabelSuggestion.objects.decided().select_related(
        "artwork__artist",
        "artwork__style",
        "proposed",
        "predicted",
        "decided_style",
        "style_before",
        "decided_by",
    )


def _sureness(suggestion: LabelSuggestion) -> str:
    """How sure the model's answer was, in words and of a hundred; empty where that is not known."""
    if suggestion.confidence is None:
        return ""
    told = {"words": labels.in_words(suggestion.confidence), "percent": round(100 * suggestion.confidence)}
    return gettext("%(words)s, %(percent)d of 100") % told


# Duplicates


class DuplicateForm(forms.Form):
    """Which work of a group is kept, which are the same, and whose word counts where they differ."""

    def __init__(self, group: duplicates.Group, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.group = group
        works = [(work.pk, str(work)) for work in group.works]
        self.fields["kept"] = forms.TypedChoiceField(choices=works, coerce=int)
        self.fields["same"] = forms.TypedMultipleChoiceField(choices=works, coerce=int, required=False)
        for one in group.differences:
            said_by = [(choice.value, choice.words) for choice in one.choices]
            self.fields[f"from-{one.name}"] = forms.TypedChoiceField(
                choices=said_by, coerce=int, required=False, empty_value=None
            )

    def decide(self, user) -> DuplicateDecision:
        """Raises duplicates.CannotDecide."""
        works = {work.pk: work for work in self.group.works}
        kept = works.pop(self.cleaned_data["kept"])
        same = [work for pk, work in works.items() if pk in self.cleaned_data["same"]]
        others = [work for work in works.values() if work not in same]
        return duplicates.keep(kept, same, others=others, values_from=self._values(kept), user=user)

    def _values(self, kept: Artwork) -> dict[str, Artwork]:
        """The fields in which the kept work is to say what another one says."""
        by_pk = {work.pk: work for work in self.group.works}
        chosen = {
            one.name: by_pk[pk]
            for one in self.group.differences
            if (pk := self.cleaned_data.get(f"from-{one.name}"))
        }
        return {
            name: work
            for name, work in chosen.items()
            if duplicates.in_words(work, name) != duplicates.in_words(kept, name)
        }


@admin.register(DuplicatePair)
class DuplicateRoom(Room):
    def doors(self):
        return [
            ("<int:number>/keep/", self.keep, "keep"),
            ("<int:number>/part/", self.part, "part"),
            ("<int:pk>/undo/", self.undo, "undo"),
        ]

    def changelist_view(self, request, extra_context=None):
        """One group: the first, or the one that is asked for, or the next one where that is decided."""
        numbers = duplicates.group_numbers()
        wanted = request.GET.get("group", "")
        at = (
            next((i for i, number in enumerate(numbers) if number >= int(wanted)), 0)
            if wanted.isdecimal()
            else 0
        )
        last = DuplicateDecision.objects.select_related("kept", "decided_by").first()
        return self.show(
            request,
            "duplicates.html",
            group=duplicates.Group(numbers[at]) if numbers else None,
            place=at + 1,
            count=len(numbers),
            before=numbers[at - 1] if at else None,
            after=numbers[at + 1] if at + 1 < len(numbers) else None,
            last=last,
            last_hidden=last.hidden.count() if last else 0,
        )

    @method_decorator(require_POST)
    def keep(self, request, number: int):
        refuse_spectators(request)
        try:
            form = DuplicateForm(duplicates.Group(number), request.POST)
            if not form.is_valid():
                raise duplicates.CannotDecide(gettext("Choose the work to keep."))
            decision = form.decide(request.user)
        except LookupError:
            messages.warning(
                request, gettext("Somebody else has decided about this group. Here is the next one.")
            )
        except duplicates.CannotDecide as error:
            messages.error(request, str(error))
        else:
            count = decision.hidden.count()
            told = ngettext(
                "“%(work)s” is kept, %(count)d hidden.", "“%(work)s” is kept, %(count)d hidden.", count
            )
            messages.success(request, told % {"work": decision.kept, "count": count})
        return self._go_on(number)

    @method_decorator(require_POST)
    def part(self, request, number: int):
        refuse_spectators(request)
        try:
            duplicates.part(duplicates.Group(number).works, user=request.user)
        except LookupError:
            messages.warning(
                request, gettext("Somebody else has decided about this group. Here is the next one.")
            )
        except duplicates.CannotDecide as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request, gettext("These are not the same; they will not be shown together again.")
            )
        return self._go_on(number)

    @method_decorator(require_POST)
    def undo(self, request, pk: int):
        refuse_spectators(request)
        decision = get_object_or_404(DuplicateDecision, pk=pk)
        number = min(decision.pairs.values_list("group", flat=True), default=0)
        try:
            duplicates.undo(decision, user=request.user)
        except CannotUndo as error:
            messages.error(request, str(error))
        return self._go_on(number)

    def _go_on(self, number: int):
        return redirect(f"{reverse('admin:gallery_duplicatepair_changelist')}?group={number}")


# Data quality


@admin.register(FileCheck)
class QualityRoom(Room):
    def doors(self):
        return [("check-files/", self.begin, "begin"), ("remove-files/", self.clean, "clean")]

    def changelist_view(self, request, extra_context=None):
        counted = [(section, list(section.lines()), section.counted_at()) for section in quality.sections()]
        check = FileCheck.objects.filter(finished_at=None).first()
        return self.show(request, "quality.html", sections=counted, running=check, folders=files.FOLDERS)

    @method_decorator(require_POST)
    def begin(self, request):
        refuse_spectators(request)
        files.begin()
        handover.after_commit(tasks.check_files)  # else the scheduler sends it
        messages.success(
            request, gettext("The files are being looked through. That takes a moment; come back then.")
        )
        return redirect("admin:gallery_filecheck_changelist")

    @method_decorator(require_POST)
    def clean(self, request):
        refuse_spectators(request)
        check = FileCheck.objects.exclude(finished_at=None).first()
        count = files.remove_dangling(check) if check else 0
        messages.success(request, ngettext("%d file removed.", "%d files removed.", count) % count)
        return redirect("admin:gallery_filecheck_changelist")
