from inventory.views.keeping import reorder_levels, vial_cost_remove, vial_costs
from inventory.views.stock import lot_detail, lot_recall, lot_receive, stock_list, vial_remove

__all__ = [
    "lot_detail",
    "lot_recall",
    "lot_receive",
    "reorder_levels",
    "stock_list",
    "vial_cost_remove",
    "vial_costs",
    "vial_remove",
]
