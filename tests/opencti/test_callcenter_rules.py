"""Each rule of a definition file, broken by one stroke of the pen, has its own message."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from adapter.opencti.callcenter import CallCenter, Experience, setup_xml
from adapter.opencti.callcenter_rules import problems

PAGE = "https://softphone.example.com/softphone"
Break = Callable[[str], str]


def good(experience: Experience = "lightning") -> str:
    """A file with everything in it."""
    return setup_xml(
        CallCenter(
            adapter_url=PAGE,
            experience=experience,
            standby_url="https://status.example.com/",
            outside_prefix="9",
        )
    )


def swap(old: str, new: str) -> Break:
    """The file with one text replaced, which must be there."""

    def broken(xml: str) -> str:
        assert old in xml
        return xml.replace(old, new, 1)

    return broken


def without(name: str) -> Break:
    """The file without the item of that name; the orders behind it move up."""

    def broken(xml: str) -> str:
        lines = [line for line in xml.splitlines() if f'name="{name}"' not in line]
        assert len(lines) == len(xml.splitlines()) - 1
        return renumbered("\n".join(lines))

    return broken


def renumbered(xml: str) -> str:
    """The items of each section numbered anew."""
    lines, order = [], 0
    for line in xml.splitlines():
        if "<section" in line:
            order = 0
        is_item = "<item" in line
        lines.append(re.sub(r'sortOrder="\d+"', f'sortOrder="{order}"', line) if is_item else line)
        order += is_item
    return "\n".join(lines)


GENERAL = "/reqGeneralInfo"
HEIGHT = 'label="Softphone Height">550<'
WIDTH = 'label="Softphone Width">400<'
MODE = 'label="Salesforce Compatibility Mode">Lightning<'

BREACHES: dict[str, tuple[Break, str, str]] = {
    "not well-formed": (swap("</callCenter>", ""), "/", "not well-formed"),
    "a document type": (swap("<callCenter>", "<!DOCTYPE x><callCenter>"), "/", "has a DOCTYPE"),
    "the other format": (
        lambda xml: xml.replace("callCenter>", "CallCenter>"),
        "/",
        "must be one <callCenter>, not <CallCenter>",
    ),
    "something between sections": (
        swap("</callCenter>", "<note/></callCenter>"),
        "/",
        "only <section> is allowed here, not <note>",
    ),
    "something between items": (
        swap("</section>", "<note/></section>"),
        GENERAL,
        "only <item> is allowed here, not <note>",
    ),
    "elements in an item": (
        swap(">550<", "><b/>550<"),
        f"{GENERAL}/reqSoftphoneHeight",
        "no elements",
    ),
    "a gap between sections": (
        swap('<section sortOrder="2"', '<section sortOrder="3"'),
        "/",
        "must run 0, 1, 2… without a gap: 0, 1, 3",
    ),
    "a gap between items": (
        swap(
            '<item sortOrder="2" name="reqInternationalPrefix"',
            '<item sortOrder="3" name="reqInternationalPrefix"',
        ),
        "/reqDialingOptions",
        "without a gap: 0, 1, 3",
    ),
    "two of one order": (
        swap('<section sortOrder="2"', '<section sortOrder="1"'),
        "/",
        "without a gap: 0, 1, 1",
    ),
    "no number": (swap('sortOrder="3"', 'sortOrder="last"'), GENERAL, "not 'last'"),
    "one name twice": (
        swap('name="wrapUpSeconds"', 'name="defaultCountry"'),
        "/softphone",
        "the name defaultCountry is given twice",
    ),
    "a name with a hyphen": (
        swap('name="wrapUpSeconds"', 'name="wrap-up"'),
        "/softphone/wrap-up",
        "only letters and digits, not 'wrap-up'",
    ),
    "a section name with a space": (
        swap('name="softphone"', 'name="soft phone"'),
        "/soft phone",
        "only letters and digits",
    ),
    "a name of 41 characters": (
        swap('name="wrapUpSeconds"', f'name="{"x" * 41}"'),
        f"/softphone/{'x' * 41}",
        "at most 40 characters, not 41",
    ),
    "a reserved word": (
        swap('name="wrapUpSeconds"', 'name="sortOrder"'),
        "/softphone/sortOrder",
        "the name sortOrder is a reserved word",
    ),
    "a section without items": (
        swap("</callCenter>", '<section sortOrder="4" name="empty"></section></callCenter>'),
        "/empty",
        "at least one item",
    ),
    "the general section in another place": (
        lambda xml: (
            xml.replace('<section sortOrder="0"', '<section sortOrder="9"')
            .replace('<section sortOrder="1"', '<section sortOrder="0"')
            .replace('<section sortOrder="9"', '<section sortOrder="1"')
        ),
        GENERAL,
        "sortOrder must be 0",
    ),
    "a label of 1001 characters": (
        swap('label="Softphone Height"', f'label="{"x" * 1001}"'),
        f"{GENERAL}/reqSoftphoneHeight",
        "at most 1000 characters, not 1001",
    ),
    "an item of Salesforce's that is none": (
        swap('name="reqOutsidePrefix"', 'name="reqOutsidePrefixes"'),
        "/reqDialingOptions/reqOutsidePrefixes",
        "begin with req belong to Salesforce",
    ),
    "an order in digits of another script": (
        swap('sortOrder="3"', 'sortOrder="\u0663"'),
        GENERAL,
        "sortOrder must be a number from 0, not '\u0663'",
    ),
    "a secret": (
        swap('name="taskFields"', 'name="providerToken"'),
        "/softphone/providerToken",
        "a secret must not be here",
    ),
    "no general section": (
        swap('name="reqGeneralInfo"', 'name="general"'),
        GENERAL,
        "this section is missing",
    ),
    "the internal name in another place": (
        lambda xml: swap(
            '<item sortOrder="1" name="reqDisplayName"', '<item sortOrder="0" name="reqDisplayName"'
        )(
            swap(
                '<item sortOrder="0" name="reqInternalName"',
                '<item sortOrder="1" name="reqInternalName"',
            )(xml)
        ),
        f"{GENERAL}/reqInternalName",
        "sortOrder must be 0",
    ),
    "an internal name that begins with a digit": (
        swap('label="Internal Name">Softphone<', 'label="Internal Name">2phones<'),
        f"{GENERAL}/reqInternalName",
        "must start with a letter",
    ),
    "an internal name with a space": (
        swap('label="Internal Name">Softphone<', 'label="Internal Name">Soft Phone<'),
        f"{GENERAL}/reqInternalName",
        "only letters and digits",
    ),
    "an internal name of 41 letters": (
        swap('label="Internal Name">Softphone<', f'label="Internal Name">{"x" * 41}<'),
        f"{GENERAL}/reqInternalName",
        "at most 40 characters",
    ),
    "an empty display name": (
        swap('label="Display Name">Softphone<', 'label="Display Name"><'),
        f"{GENERAL}/reqDisplayName",
        "1 to 1000 characters",
    ),
    "no address": (swap(PAGE, "softphone.example.com"), f"{GENERAL}/reqAdapterUrl", "an address"),
    "a port that was never filled in": (
        swap(PAGE, "https://softphone.example.com:port/softphone"),
        f"{GENERAL}/reqAdapterUrl",
        "its port must be a number",
    ),
    "a port that is none": (
        swap(PAGE, "https://softphone.example.com:70000/"),
        f"{GENERAL}/reqAdapterUrl",
        "its port must be a number",
    ),
    "port nought": (
        swap(PAGE, "https://softphone.example.com:0/"),
        f"{GENERAL}/reqAdapterUrl",
        "its port must be a number",
    ),
    "a blank in an address": (
        swap(PAGE, "https://softphone.example.com/soft phone"),
        f"{GENERAL}/reqAdapterUrl",
        "must not contain a blank",
    ),
    "two dots in an address": (
        swap(PAGE, "https://softphone..example.com/"),
        f"{GENERAL}/reqAdapterUrl",
        "it must be an address such as",
    ),
    "an invisible character in an address": (
        swap(PAGE, "https://softphone.example.com\u200b/"),
        f"{GENERAL}/reqAdapterUrl",
        "an invisible character",
    ),
    "a prefix in words": (
        swap(">9</item>", ">nine</item>"),
        "/reqDialingOptions/reqOutsidePrefix",
        "a prefix consists of digits",
    ),
    "a password in an address": (
        swap(PAGE, "https://admin:secret@softphone.example.com/"),
        f"{GENERAL}/reqAdapterUrl",
        "must not contain a user name or password",
    ),
    "an address with a fragment": (
        swap(PAGE, f"{PAGE}#panel"),
        f"{GENERAL}/reqAdapterUrl",
        "must not contain a #",
    ),
    "a host that is a gap to be filled in": (
        swap(PAGE, "https://[your-domain]/softphone"),
        f"{GENERAL}/reqAdapterUrl",
        "must be a number from 1",
    ),
    "a host in braces": (
        swap(PAGE, "https://{domain}/softphone"),
        f"{GENERAL}/reqAdapterUrl",
        "must be an address",
    ),
    "plain http in Lightning": (
        swap(PAGE, "http://softphone.example.com/"),
        f"{GENERAL}/reqAdapterUrl",
        "only https addresses",
    ),
    "plain http in capitals": (
        swap(PAGE, "HTTP://softphone.example.com/"),
        f"{GENERAL}/reqAdapterUrl",
        "only https addresses",
    ),
    "a standby page over plain http": (
        swap("https://status", "http://status"),
        f"{GENERAL}/reqStandbyUrl",
        "only https addresses",
    ),
    "the API switched off": (
        swap('label="Use CTI API">true<', 'label="Use CTI API">false<'),
        f"{GENERAL}/reqUseApi",
        "must be true",
    ),
    "too low": (
        swap(HEIGHT, HEIGHT.replace("550", "239")),
        f"{GENERAL}/reqSoftphoneHeight",
        "240 to 2560 pixels",
    ),
    "too high": (
        swap(HEIGHT, HEIGHT.replace("550", "2561")),
        f"{GENERAL}/reqSoftphoneHeight",
        "240 to 2560 pixels",
    ),
    "too narrow": (
        swap(WIDTH, WIDTH.replace("400", "199")),
        f"{GENERAL}/reqSoftphoneWidth",
        "200 to 1920 pixels",
    ),
    "too wide": (
        swap(WIDTH, WIDTH.replace("400", "1921")),
        f"{GENERAL}/reqSoftphoneWidth",
        "200 to 1920 pixels",
    ),
    "a height in digits of another script": (
        swap(HEIGHT, HEIGHT.replace("550", "\u0665\u0665\u0660")),
        f"{GENERAL}/reqSoftphoneHeight",
        "240 to 2560 pixels, as digits",
    ),
    "a height in words": (
        swap(HEIGHT, HEIGHT.replace("550", "550px")),
        f"{GENERAL}/reqSoftphoneHeight",
        "240 to 2560 pixels",
    ),
    "an unknown mode": (
        swap(MODE, MODE.replace(">Lightning<", ">lightning<")),
        f"{GENERAL}/reqSalesforceCompatibilityMode",
        "one of Lightning, Classic, Classic_and_Lightning",
    ),
    "standby without a time-out": (
        without("reqTimeout"),
        f"{GENERAL}/reqStandbyUrl",
        "needs reqTimeout",
    ),
    "a time-out without standby": (
        without("reqStandbyUrl"),
        f"{GENERAL}/reqTimeout",
        "needs reqStandbyUrl",
    ),
    "a time-out of nothing": (swap(">20000<", ">0<"), f"{GENERAL}/reqTimeout", "at least 1"),
    "Canvas in Lightning": (
        swap('name="reqTimeout"', 'name="reqCanvasApiName"'),
        f"{GENERAL}/reqCanvasApiName",
        "Classic only",
    ),
    "half a Canvas": (
        swap('name="reqTimeout"', 'name="reqCanvasNamespace"'),
        f"{GENERAL}/reqCanvasNamespace",
        "needs reqCanvasApiName",
    ),
}


def test_the_original_file_is_valid() -> None:
    """Else the table below would prove nothing."""
    assert problems(good()) == ()
    assert problems(renumbered(good())) == ()


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_broken_rule_has_its_own_message(breach: str) -> None:
    """The message names the place and says what would be right."""
    stroke, where, text = BREACHES[breach]
    found = problems(stroke(good()))
    assert any(p.where == where and text in p.text for p in found), [str(p) for p in found]


@pytest.mark.parametrize(
    "name",
    [
        "reqAdapterUrl",
        "reqUseApi",
        "reqSoftphoneHeight",
        "reqSoftphoneWidth",
        "reqSalesforceCompatibilityMode",
        "reqInternalName",
        "reqDisplayName",
    ],
)
def test_a_missing_required_item_is_named(name: str) -> None:
    """Without a compatibility mode Setup would take Classic, and Lightning stay blank."""
    found = problems(without(name)(good()))
    assert [p.text[:20] for p in found if p.where == f"/reqGeneralInfo/{name}"] == [
        "this item is missing"
    ]


def test_classic_takes_plain_http_and_a_visualforce_page() -> None:
    """Only Lightning insists on https; both know pages of the org by their path."""
    assert problems(swap(PAGE, "http://localhost:8080/softphone")(good("classic"))) == ()
    assert problems(swap(PAGE, "/apex/softphone")(good("both"))) == ()


def test_a_label_may_be_left_out() -> None:
    """The guide calls it optional."""
    assert problems(swap(' label="Softphone Height"', "")(good())) == ()


@pytest.mark.parametrize(
    "stroke",
    [
        swap("</callCenter>", "<note/><!-- a remark --></callCenter>"),
        swap("</section>", "<note/></section>"),
        swap("</section>", '<note name="a b" sortOrder="9x"><b/></note></section>'),
        swap('<section sortOrder="1"', '<note/><section sortOrder="1"'),
        lambda xml: xml.replace("<section", "<sektion", 1).replace("</section", "</sektion", 1),
        lambda xml: re.sub(r"<item (.*reqUseApi.*)</item>", r"<itm \1</itm>", xml),
        lambda xml: re.sub(r"<item (.*wrapUpSeconds.*)</item>", r"<itm \1</itm>", xml),
    ],
)
def test_an_unexpected_element_is_one_problem(stroke: Break) -> None:
    """What follows from it, such as a gap where it stands, would send an admin after nothing."""
    assert stroke(good()) != good()
    (one,) = problems(stroke(good()))
    assert "is allowed here, not <" in one.text


def test_all_faults_of_a_file_are_reported_at_once() -> None:
    """An admin mends a file in one go."""
    broken = swap(HEIGHT, HEIGHT.replace("550", "1"))(swap(">true<", ">no<")(good()))
    assert len(problems(broken)) == 2


def test_every_rule_has_its_own_message() -> None:
    """Each kind of breach reads differently, so that it can be looked up."""
    told = {name: text for name, (_, _, text) in BREACHES.items()}
    assert len(set(told.values())) >= 28


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name="softphone"', 'name="reqSoftphone"'),
        ('name="softphone"', 'name="requestOptions"'),
        ('name="wrapUpSeconds"', 'name="reqWrapUp"'),
        (PAGE, "https://b\u00fccher.example:8443/softphone?a=b"),
        (PAGE, "https://192.0.2.7/softphone"),
        (
            'name="taskFields" label="More fields of new Tasks (Field=value; ...)">',
            'name="tokenUrl" label="Tokens">https://x.example/token',
        ),
    ],
)
def test_other_vendors_items_are_no_problem(old: str, new: str) -> None:
    """Setup takes it, and has for years: a false alarm hides the true ones."""
    assert problems(swap(old, new)(good())) == ()


def test_only_lightning_limits_the_size_of_the_panel() -> None:
    """In Classic it is as large as one likes; without a mode a call center is for Classic."""
    tall = swap(HEIGHT, HEIGHT.replace("550", "90"))
    assert problems(tall(good("classic"))) == ()
    unsaid = without("reqSalesforceCompatibilityMode")(tall(good("classic")))
    assert [one.where for one in problems(unsaid)] == [
        "/reqGeneralInfo/reqSalesforceCompatibilityMode"
    ]
    none = swap(HEIGHT, HEIGHT.replace("550", "0"))(good("classic"))
    assert [one.where for one in problems(none)] == ["/reqGeneralInfo/reqSoftphoneHeight"]
