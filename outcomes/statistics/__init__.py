"""The statistics of the outcome figures: plain functions on plain numbers, computed by scipy.

Each names its method and source, and tests/outcomes/test_statistics.py holds it to a published worked example or to an
independent computation. scipy is imported where it is used: it takes half a second that only the figures need.
"""
