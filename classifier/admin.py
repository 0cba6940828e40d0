from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from gallery.models import Style

from .models import Prediction
from .tasks import send


class NamedValuesFilter(admin.AllValuesFieldListFilter):
    """Every value that there is, and words for the empty one: a link needs some."""

    def choices(self, changelist):
        for choice in super().choices(changelist):
            yield choice | {"display": choice["display"] or _("none")}


class StyleFilter(admin.RelatedFieldListFilter):
    """The styles by their names in the language of the page."""

    def field_choices(self, field, request, model_admin):
        return [(style.pk, style.label) for style in Style.objects.order_by("position", "name")]


@admin.register(Prediction)
class PredictionAdmin(admin.ModelAdmin):
    """How the work goes, without the pictures: those belong to the people who sent them."""

    list_display = ["id", "status", "attempt", "style", "certainty", "confidence", "error_code", "created_at"]
    list_filter = [
        "status",
        "certainty",
        ("style", StyleFilter),
        ("model_version", NamedValuesFilter),
        ("error_code", NamedValuesFilter),
        "created_at",
    ]
    list_select_related = ["style"]
    search_fields = ["id"]
    fields = readonly_fields = [
        "id", "status", "attempt", "sent_at", "lease_until", "created_at", "finished_at", "width", "height",
        "model_version", "style", "certainty", "confidence", "error_code", "error_detail",
    ]  # fmt: skip
    actions = ["try_again"]

    def has_add_permission(self, request):
        return False

    @admin.action(description=_("Try failed ones again"), permissions=["change"])
    def try_again(self, request, predictions):
        queued = [prediction for prediction in predictions if prediction.queue_again()]
        for prediction in queued:
            send(prediction.pk)
        count = len(queued)
        told = ngettext("%(count)d picture waits again.", "%(count)d pictures wait again.", count)
        self.message_user(request, told % {"count": count})
