from inventory.actions.keeping import LevelsChangedError, enter_cost, set_reorder_levels, take_back_cost
from inventory.actions.stock import (
    MOST_VIALS_AT_ONCE,
    VialTakenError,
    bring_back_vials,
    lose_vials,
    recall_lot,
    receive_lot,
    receive_vials,
    remove_vials,
    use_vials,
    withdraw_recall,
)

__all__ = [
    "MOST_VIALS_AT_ONCE",
    "LevelsChangedError",
    "VialTakenError",
    "bring_back_vials",
    "enter_cost",
    "lose_vials",
    "recall_lot",
    "receive_lot",
    "receive_vials",
    "remove_vials",
    "set_reorder_levels",
    "take_back_cost",
    "use_vials",
    "withdraw_recall",
]
