"""GB/T 28181-2022, annex E."""

import pytest

from monitor.model.gbcode import NETWORKS, looks_like, parse


def test_a_camera_of_the_private_video_network_is_taken_apart():
    code = parse("44090200001320000001")
    assert (code.region, code.unit, code.industry, code.type, code.network, code.serial) == (
        "440902", "00", 0, 132, 0, 1,
    )  # fmt: skip
    assert (code.type_name, code.network_name) == ("IP camera", "police video network")
    assert code.is_camera
    assert not code.is_platform
    assert str(code) == "44090200001320000001"


def test_the_network_digit_tells_the_police_intranet():
    code = parse("44090000002005000001")
    assert code.network == 5
    assert code.network_name == "police intranet"
    assert code.is_platform


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("44090200001180000001", "NVR"),
        ("44090000002110000001", "signalling security gateway"),
        ("44090000005010000001", "operations platform"),
        ("44090000006020000001", "extension"),
        ("44090000001190000001", "reserved"),
    ],
)
def test_types_have_their_names(text: str, name: str):
    assert parse(text).type_name == name


def test_every_network_digit_has_a_name():
    assert set(NETWORKS) == set(range(10))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("4409020000132000000", "has 19 digits, 20 are needed"),
        ("440902000013200000011", "has 21 digits, 20 are needed"),
        ("4409020000132000000A", "only the digits 0-9 are allowed"),
        ("４４０９０２００００１３２０００００１", "only the digits 0-9 are allowed"),
        ("", "only the digits 0-9 are allowed"),
        ("09090200001320000001", "starts with 09, a province is 11 to 82"),
        ("44090200000990000001", "type 099 (digits 11-13), allowed are 111 to 999"),
    ],
)
def test_a_wrong_code_is_told_with_what_is_allowed(text: str, complaint: str):
    with pytest.raises(ValueError) as caught:
        parse(text)
    assert complaint in str(caught.value)


def test_what_somebody_meant_as_a_code_is_recognised():
    assert looks_like("440902000013200000")
    assert not looks_like("camera-0001")
    assert not looks_like("12345")
