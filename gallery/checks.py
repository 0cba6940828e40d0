from django.core.checks import CheckMessage, Error, register

from ml import inference

BRING_MODEL_BACK = (
    "Restore ml/model with git, or run manage.py activate_model with the folder of a trained model."
)


@register
def the_model_can_be_read(app_configs, **kwargs) -> list[CheckMessage]:
    """Without a model nothing works: say so at the start, not at the first picture."""
    try:
        inference.model_card()
    except inference.ModelMismatch as error:
        return [Error(str(error), hint=BRING_MODEL_BACK, id="gallery.E001")]
    return []
