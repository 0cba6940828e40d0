from django import forms

from .models import AccessToken, User

SURE = "delete"  # what one types to show that one means it


class FarewellForm(forms.Form):
    """Do you really mean it? Whoever deletes an account types a word."""

    word = forms.CharField(
        label=f"Type “{SURE}” to show that you mean it",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )

    def clean_word(self) -> str:
        word = self.cleaned_data["word"].strip().strip("“”\"'").lower()
        if word != SURE:
            raise forms.ValidationError(f"Type the word {SURE}, or leave this page: nothing is deleted yet.")
        return word


class TokenForm(forms.Form):
    """A new access token for a script."""

    name = forms.CharField(label="What is it for?", max_length=100)
    days = forms.TypedChoiceField(
        label="How long?",
        choices=[("30", "30 days"), ("90", "90 days"), ("365", "A year")],
        initial="90",
        coerce=int,
    )

    def save(self, owner: User) -> tuple[AccessToken, str]:
        """The new row, and its secret, which nobody can show again."""
        return AccessToken.objects.make(owner, self.cleaned_data["name"], days=self.cleaned_data["days"])
