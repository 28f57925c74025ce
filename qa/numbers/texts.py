"""Texts as found in phone fields, each made from a known number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from qa.numbers.plans import PLANS, Plan


@dataclass(frozen=True, slots=True)
class Written:
    """A text in a phone field of an org whose home is `region`.

    `meant` is the number to dial; empty if nothing may be dialed. `certain`: no careful reader
    would doubt it, so a refusal counts as an error of another kind.
    """

    text: str
    region: str
    meant: str
    kind: str
    certain: bool = True
    extension: str = ""


REMARKS = (
    "Bob",
    "home",
    "office",
    "mobile",
    "privat",
    "Frau Schmidt",
    "ask for Ann",
    "do not call",
    "Zentrale",
    "bureau",
    "casa",
    "work (old)",
    "nachmittags",
    "après-midi",
    "reception",
    "x-mas only",
    "Ext tbd",
    "自宅",
    "дом",
    "☎",
)
LABELS = (
    "Tel.: ",
    "Phone: ",
    "Mobile ",
    "T: ",
    "Büro: ",
    "Tél. ",
    "Home - ",
    "call ",
    "電話: ",
    "☎ ",
)
DIGIT_REMARKS = ("2nd floor", "room 12", "9-17", "ask for 007", "(24h)", "m²1", "since 2019", "1/2")
WORDS = (
    "BobSmith",
    "Jackson",
    "Maria 7",
    "Reception",
    "Annabel",
    "Bob",
    "Mary",
    "FLOWERS",
    "office",
)
EXTENSIONS = (
    *(" x{}", "x{}", " ext. {}", " ext {}", " Ext.{}", " extension {}", " #{}", ",,{}", ",{}"),
    *(";ext={}", " Durchwahl {}", " poste {}", " ramal {}", " anexo {}", " (ext {})"),
)
JUNK = (
    "n/a",
    "unknown",
    "-",
    "?",
    "see notes",
    "12.05.2024",
    "2024-05-12",
    "12/05/2024",
    "a1b2c3d4e5f6",
    "https://example.com/2025550143",
    "ada2025550143@example.com",
    "*67 202 555 0143",
    "#31#030123456",
    "*100#",
    "²³¹⁴⁵⁶⁷⁸⁹⁰",
    "9-17",
    "10:30",
    "½ 3",
    "4711/4712",
    "#12",
    "x204",
    "Ⅷ 00 12",
)
WIDE = str.maketrans("0123456789+", "".join(map(chr, (*range(0xFF10, 0xFF1A), 0xFF0B))))
ARABIC = str.maketrans("0123456789", "".join(map(chr, range(0x660, 0x66A))))


class Writer:
    """Writes numbers as people do, from a seed."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(seed)
        self._kinds: tuple[Callable[[Plan], Written], ...] = (
            self.plain,
            self.plain,
            self.with_remark,
            self.with_digits_beside,
            self.with_extension,
            self.doubled,
            self.without_plus,
            self.two_numbers,
            self.without_area_code,
            self.letters_behind_a_part,
            self.advertised,
            self.short,
            self.short_with_remark,
            self.junk,
            self.of_another_script,
            self.address,
            self.home_form_of_another_country,
        )

    def write(self) -> Written:
        """The next text."""
        return self._dice.choice(self._kinds)(self._dice.choice(list(PLANS.values())))

    # --- numbers ---------------------------------------------------------------------------------

    def _number(self, plan: Plan) -> tuple[str, str]:
        """Draw an area code (or service) and the rest."""
        area, first, count = self._dice.choice(plan.ranges)
        return area, first + "".join(self._dice.choices("0123456789", k=count))

    def _parted(self, digits: str) -> str:
        """The digits in groups of two to four, or in one."""
        separator = self._dice.choice((" ", "-", ".", "", " ", "\u00a0", "\u2011"))
        size = self._dice.choice((2, 3, 4))
        return separator.join(digits[i : i + size] for i in range(0, len(digits), size))

    def _abroad(self, plan: Plan, area: str, rest: str, prefix: str = "+") -> str:
        between = self._dice.choice((" ", "-", "", ".", " ", " / ", " ("))
        zero = "(0)" if plan.trunk == "0" and self._dice.random() < 0.2 else ""
        if between == " (":
            return f"{prefix}{plan.code} {zero}({area}) {self._parted(rest)}"
        gap = between if between != " / " else " "
        return f"{prefix}{plan.code}{gap}{zero}{area}{between}{self._parted(rest)}"

    def _at_home(self, plan: Plan, area: str, rest: str) -> str:
        trunk = plan.trunk if plan.code != "1" or self._dice.random() < 0.3 else ""
        between = self._dice.choice((" ", "-", "", "/", " ", ") "))
        if between == ") ":
            return f"{'1 ' if trunk == '1' else ''}({trunk.strip('1')}{area}) {self._parted(rest)}"
        gap = between if trunk == "1" and between in " -" else ""
        return f"{trunk}{gap}{area}{between}{self._parted(rest)}"

    def plain(self, plan: Plan) -> Written:
        """With a plus, with the home country's international prefix, or in the national form."""
        home = self._dice.choice(list(PLANS.values()))
        area, rest = self._number(plan)
        meant = f"+{plan.code}{area}{rest}"
        way = self._dice.randrange(3)
        if way == 0:
            return Written(self._abroad(plan, area, rest), home.region, meant, "plus")
        if way == 1:
            text = self._abroad(plan, area, rest, f"{home.prefix}{self._dice.choice(('', ' '))}")
            return Written(text, home.region, meant, "prefix")
        return Written(self._at_home(plan, area, rest), plan.region, meant, "home")

    def with_remark(self, plan: Plan) -> Written:
        """With words before or after the number."""
        written = self.plain(plan)
        remark = self._dice.choice(REMARKS)
        if self._dice.random() < 0.4:
            text = self._dice.choice(LABELS) + written.text
        else:
            way = self._dice.choice((" {}", " ({})", " - {}", ", {}", " / {}", "; {}", "\n{}"))
            text = written.text + way.format(remark)
        return replace(written, text=text, kind="remark")

    def with_digits_beside(self, plan: Plan) -> Written:
        """With words that contain digits: the number, or a refusal."""
        written, remark = self.plain(plan), self._dice.choice(DIGIT_REMARKS)
        way = self._dice.choice((" {}", " ({})", ", {}", " / {}", "; {}"))
        text = written.text + way.format(remark)
        return replace(written, text=text, kind="digits beside", certain=False)

    def with_extension(self, plan: Plan) -> Written:
        """With an extension, as many countries write it."""
        written = self.plain(plan)
        extension = "".join(self._dice.choices("0123456789", k=self._dice.randint(1, 5)))
        way = self._dice.choice(EXTENSIONS)
        text = written.text + way.format(extension)
        return replace(written, text=text, kind="extension", extension=extension)

    def doubled(self, plan: Plan) -> Written:
        """With the country code twice; without a sign before the second, a refusal is right too."""
        area, rest = self._number(plan)
        code, parted = plan.code, f"{area} {self._parted(rest)}"
        text, certain = self._dice.choice(
            (
                (f"+{code} +{code} {parted}", True),
                (f"00{code} +{code} {parted}", True),
                (f"+{code} 00{code} {parted}", True),
                (f"+{code} {code} {parted}", False),
                (f"++{code} {parted}", True),
                (f"+{code} (0) {parted}", plan.trunk == "0"),
                (f"+{code}{code}{area}{rest}", False),
                (f"00{code} 00{code} {parted}", False),
            )
        )
        return Written(text, plan.region, f"+{code}{area}{rest}", "doubled prefix", certain)

    def without_plus(self, plan: Plan) -> Written:
        """With the country code, but without a sign or prefix."""
        area, rest = self._number(plan)
        text = f"{plan.code} {area} {self._parted(rest)}"
        if self._dice.random() < 0.5:
            text = f"{plan.code}{area}{rest}"
        home = plan if self._dice.random() < 0.7 else self._dice.choice(list(PLANS.values()))
        meant = f"+{plan.code}{area}{rest}"
        return Written(
            text, home.region, meant, "missing plus", certain=plan.region == "US" == home.region
        )

    def two_numbers(self, plan: Plan) -> Written:
        """Two numbers: nobody can tell which one is meant."""
        a, b = self.plain(plan), self.plain(plan)
        way = self._dice.choice((" / {}", " or {}", ", {}", "; {}", " oder {}", "\n{}", " & {}"))
        tail = "".join(self._dice.choices("0123456789", k=self._dice.randint(1, 4)))
        text = a.text + way.format(b.text) if self._dice.random() < 0.5 else f"{a.text}/{tail}"
        return replace(a, text=text, meant="", kind="two numbers")

    def without_area_code(self, plan: Plan) -> Written:
        """A number that only works within its town."""
        _, rest = self._number(plan)
        text = self._parted(rest.lstrip("0")[:7].rjust(7, "2"))
        return Written(text, plan.region, "", "no area code")

    def letters_behind_a_part(self, plan: Plan) -> Written:
        """A house number, a local number and a name, whose letters are not part of the number."""
        _, rest = self._number(plan)
        start = self._dice.choice((rest[:3], f"{rest[:3]}-{rest[3:7]}", rest[:6]))
        return Written(f"{start} {self._dice.choice(WORDS)}", plan.region, "", "letters behind")

    def advertised(self, _plan: Plan) -> Written:
        """A North American toll-free number in letters."""
        word, digits = self._dice.choice(
            (("FLOWERS", "3569377"), ("GOT-JUNK", "4685865"), ("555-HELP", "5554357"))
        )
        code = self._dice.choice(("800", "888", "877"))
        prefix = self._dice.choice(("1-", "+1-", "", "1 "))
        return Written(f"{prefix}{code}-{word}", "US", f"+1{code}{digits}", "advertised")

    def short(self, plan: Plan) -> Written:
        """An emergency number, or an internal extension."""
        alarm = self._dice.choice(plan.alarm)
        way = self._dice.choice(("{}", " {} ", "({})", "\u202a{}\u202c"))
        if self._dice.random() < 0.5:
            return Written(way.format(alarm), plan.region, alarm, "emergency")
        extension = "7" + "".join(self._dice.choices("0123456789", k=self._dice.randint(3, 4)))
        return Written(way.format(extension), plan.region, extension, "house extension")

    def short_with_remark(self, plan: Plan) -> Written:
        """An emergency number with a word, or an address that begins with digits."""
        alarm = self._dice.choice(plan.alarm)
        if self._dice.random() < 0.5:
            way = self._dice.choice(("{} (police)", "{} - emergency", "Notruf: {}", "{} (Notruf)"))
            return Written(way.format(alarm), plan.region, alarm, "emergency with a word")
        way = self._dice.choice(
            ("{} Main Street", "Suite {}", "{} x2", "{}-17", "{}²", "{} / 9", "no {}%")
        )
        return Written(way.format(alarm), plan.region, "", "no emergency")

    def junk(self, plan: Plan) -> Written:
        """Text in a phone field that is not a number."""
        return Written(self._dice.choice(JUNK), plan.region, "", "junk")

    # --- spellings
    # -----------------------------------------------------------------------------------

    def of_another_script(self, plan: Plan) -> Written:
        """With full-width or Arabic digits, or with the invisible marks of pasted text."""
        written = self.plain(plan)
        marked = f"\u202a{written.text[:4]}\u200b{written.text[4:]}\u202c"
        dressed = (written.text.translate(WIDE), written.text.translate(ARABIC), marked)
        return replace(written, text=self._dice.choice(dressed), kind="another script")

    def address(self, plan: Plan) -> Written:
        """As a tel: or sip: address, or with a name."""
        area, rest = self._number(plan)
        meant = f"+{plan.code}{area}{rest}"
        way = self._dice.choice(
            (
                "tel:{}",
                "<sip:{}@pbx.example>",
                '"Ann" <sip:{}@10.0.0.1:5060>',
                "sip:{}@x;user=phone",
            )
        )
        return Written(way.format(meant), plan.region, meant, "address")

    def home_form_of_another_country(self, plan: Plan) -> Written:
        """With a trunk zero, which North America does not have: nothing may be dialed there."""
        area, rest = self._number(plan)
        if plan.trunk != "0" or area == "11":  # 011 is America's international prefix
            return self.junk(plan)
        return Written(f"0{area} {self._parted(rest)}", "US", "", "another country's form")
