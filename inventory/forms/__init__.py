from inventory.forms.keeping import ReorderLevelsForm
from inventory.forms.stock import LotRecallForm, LotReceiveForm, VialRemoveForm, VialSizeField, date_input, helper

__all__ = [
    "LotRecallForm",
    "LotReceiveForm",
    "ReorderLevelsForm",
    "VialRemoveForm",
    "VialSizeField",
    "date_input",
    "helper",
]
