"""Charts as pictures: the places of points, lines and labels; the templates draw them as SVG.

Drawn on the server, with classes and no styles: chart libraries set style attributes, which the content policy refuses
(ADR 8). So a chart needs no script, prints, and follows light, dark and paper.
"""
