from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .models import AccessToken, User

# What one types to show that one means it, in the language of the page; the English word is always taken.
SURE = pgettext_lazy("the word to type", "delete")


class FarewellForm(forms.Form):
    """Do you really mean it? Whoever deletes an account types a word."""

    word = forms.CharField(
        label=format_lazy(_("Type “{word}” to show that you mean it"), word=SURE),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def clean_word(self) -> str:
        word = self.cleaned_data["word"].strip().strip("“”\"'").lower()
        if word not in {"delete", str(SURE).lower()}:
            said = _("Type the word %(word)s, or leave this page: nothing is deleted yet.")
            raise forms.ValidationError(said, params={"word": SURE})
        return word


class TokenForm(forms.Form):
    """A new access token for a script."""

    name = forms.CharField(label=_("What is it for?"), max_length=100)
    days = forms.TypedChoiceField(
        label=_("How long?"),
        choices=[("30", _("30 days")), ("90", _("90 days")), ("365", _("A year"))],
        initial="90",
        coerce=int,
    )

    def save(self, owner: User) -> tuple[AccessToken, str]:
        """The new row, and its secret, which nobody can show again."""
        return AccessToken.objects.make(owner, self.cleaned_data["name"], days=self.cleaned_data["days"])


class MailForm(forms.ModelForm):
    """Which mails somebody wants."""

    class Meta:
        model = User
        fields = ["wants_answer_mails"]
        labels = {"wants_answer_mails": _("Write to me when an answer took long")}
        help_texts = {"wants_answer_mails": _("Only when you did not wait for it on its page.")}

    def save(self) -> User:
        """Save this choice, and nothing else of the account."""
        self.instance.save(update_fields=self.Meta.fields)
        return self.instance
