from inventory.forms.keeping import ReorderLevelsForm, VialCostForm
from inventory.forms.stock import (
    LotRecallForm,
    LotReceiveForm,
    VialRemoveForm,
    VialSizeField,
    date_input,
    helper,
    vial_words,
    year_is_near,
)

__all__ = [
    "LotRecallForm",
    "LotReceiveForm",
    "ReorderLevelsForm",
    "VialCostForm",
    "VialRemoveForm",
    "VialSizeField",
    "date_input",
    "helper",
    "vial_words",
    "year_is_near",
]
