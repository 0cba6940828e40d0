from django.contrib import admin

from .models import Prediction
from .tasks import send


@admin.register(Prediction)
class PredictionAdmin(admin.ModelAdmin):
    """How the work goes, without the pictures: those belong to the people who sent them."""

    list_display = ["id", "status", "attempt", "style", "certainty", "confidence", "error_code", "created_at"]
    list_filter = ["status", "certainty", "style", "model_version", "error_code", "created_at"]
    list_select_related = ["style"]
    search_fields = ["id"]
    fields = readonly_fields = [
        "id", "status", "attempt", "sent_at", "lease_until", "created_at", "finished_at", "width", "height",
        "model_version", "style", "certainty", "confidence", "error_code", "error_detail",
    ]  # fmt: skip
    actions = ["try_again"]

    def has_add_permission(self, request):
        return False

    @admin.action(description="Try failed ones again", permissions=["change"])
    def try_again(self, request, predictions):
        queued = [prediction for prediction in predictions if prediction.queue_again()]
        for prediction in queued:
            send(prediction.pk)
        self.message_user(request, f"{len(queued)} queued again.")
