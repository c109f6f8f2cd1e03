from outcomes.waste.rows import OPENED, PAGE_SIZE, REASONS, WHOLE, Asked, Count, Wasted, counts, rows, voided_vials

__all__ = ["OPENED", "PAGE_SIZE", "REASONS", "WHOLE", "Asked", "Count", "Wasted", "counts", "rows", "voided_vials"]
