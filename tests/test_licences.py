from clinic.licences import ROOT, page


def test_the_list_of_licences_is_that_of_the_packages_that_are_pinned():
    assert (ROOT / "docs" / "licences.md").read_text() == page(), "make licences"
