"""Who in Salesforce is whom at the provider."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapter.core.model import AgentKey, TelephonyUser
from adapter.runtime.clock import SystemClock
from adapter.runtime.directory import (
    REFRESH_MS,
    RETRY_MS,
    Directory,
    DirectoryError,
    DirectoryUnavailable,
    Entries,
    Entry,
    read_entries,
)
from adapter.telephony.port import MOST_USERS, Driver, ProviderUser, Unknown

ORG, OTHER_ORG = "00D000000000001", "00D000000000002"
ADA = AgentKey(ORG, "005000000000001")
MAIL = "ada@example.com"


class FakeClock(SystemClock):
    """Time that passes when told to."""

    at = 1_760_000_000_000

    def now(self) -> int:
        """Unix milliseconds."""
        return self.at


class FakeProvider:
    """A provider's list of users; answers when `ready`, or fails."""

    def __init__(self, *users: ProviderUser) -> None:
        self.people = users
        self.asked = 0
        self.down = False
        self.ready = asyncio.Event()
        self.ready.set()

    async def users(self, email: str | None = None) -> tuple[ProviderUser, ...]:
        """Everyone, as of when the answer comes; only the first so many without an e-mail."""
        self.asked += 1
        await self.ready.wait()
        if self.down:
            raise Unknown("no answer")
        if email is not None:
            return tuple(user for user in self.people if user.email == email)
        return self.people[:MOST_USERS]


def user(user_id: str, email: str | None) -> ProviderUser:
    """One of the provider's people."""
    return ProviderUser(user_id, None, email, do_not_disturb=False)


def directory(
    provider: FakeProvider | None, clock: FakeClock | None = None, *entries: Entry
) -> Directory:
    """The directory of account acct_1."""
    asked: Driver | None = provider  # type: ignore[assignment]  # only users() is asked for
    return Directory("acct_1", asked, clock or FakeClock(), entries)


# --- the file ---------------------------------------------------------------------------------


def write(path: Path, text: str) -> Path:
    """A directory file."""
    (path / "agents.toml").write_text(text, encoding="utf-8")
    return path / "agents.toml"


def test_entries_are_read_in_their_order(tmp_path: Path) -> None:
    """By e-mail or by user id."""
    text = f"""
        [[agent]]
        email = "{MAIL}"
        provider_user = "user_ada"
        [[agent]]
        org_id = "{ORG}"
        user_id = "005000000000002"
        provider_user = "user_bob"
    """
    assert read_entries(write(tmp_path, text)) == (
        Entry("user_ada", email=MAIL),
        Entry("user_bob", user_id="005000000000002", org_id=ORG),
    )


def test_a_file_may_name_nobody(tmp_path: Path) -> None:
    """Then e-mail decides for all."""
    assert read_entries(write(tmp_path, "")) == ()


NEEDS = "an [[agent]] needs a provider_user, and an email or a user_id"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[agent", "Expected ']]'"),
        ("agent = 1", "must begin with [[agent]]"),
        ("agent = [1]", "agent 1: each agent must begin with [[agent]]"),
        ('[[agents]]\nemail = "a@b"', "must begin with [[agent]]"),
        ('[[agent]]\nemail = "a@b"', "provider_user"),
        ('[[agent]]\nmail = "a@b"\nprovider_user = "u"', "agent 1: it has no mail; it accepts"),
        ('[[agent]]\nprovider_user = "u"', NEEDS),
        ('[[agent]]\nprovider_user = "u"\norg_id = "00D"', NEEDS),
        ('[[agent]]\nprovider_user = ""\nemail = "a@b"', NEEDS),
        ('[[agent]]\nprovider_user = 7\nemail = "a@b"', "must be a text in quotation marks"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    """The program stops with one sentence."""
    path = write(tmp_path, text)
    with pytest.raises(DirectoryError) as caught:
        read_entries(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_up_to_ten_wrong_entries_are_reported(tmp_path: Path) -> None:
    """A column of another name is wrong in each of ten thousand rows."""
    rows = "".join(f"ada{n}@example.com,user_{n}\n" for n in range(12))
    (tmp_path / "agents.csv").write_text(f"mail,provider_user\n{rows}")
    with pytest.raises(DirectoryError) as caught:
        read_entries(tmp_path / "agents.csv")
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert "agent 10: it has no mail" in lines[9]
    assert lines[10].endswith("agents.csv: 2 more agents are wrong")


def test_a_file_that_is_missing_or_not_text_is_named(tmp_path: Path) -> None:
    """By its path."""
    (tmp_path / "bytes").write_bytes(b"\xff")
    for name in ("none", "bytes"):
        with pytest.raises(DirectoryError, match=str(tmp_path / name)):
            read_entries(tmp_path / name)


@pytest.mark.parametrize(
    ("entry", "fits"),
    [
        (Entry("u", email=MAIL), True),
        (Entry("u", email="ADA@Example.COM"), True),
        (Entry("u", email="bob@example.com"), False),
        (Entry("u", user_id=ADA.user_id), True),
        (Entry("u", user_id=ADA.user_id + "AAA"), True),
        (Entry("u", user_id="005000000000002"), False),
        (Entry("u", user_id="005000000000002", email=MAIL), False),
        (Entry("u", email=MAIL, org_id=ORG + "EAA"), True),
        (Entry("u", email=MAIL, org_id=OTHER_ORG), False),
        (Entry("u", user_id=ADA.user_id, org_id=OTHER_ORG), False),
        (Entry("u"), False),
        (Entry("u", org_id=ORG), False),
    ],
)
async def test_an_entry_fits_by_what_it_names(entry: Entry, fits: bool) -> None:
    """A user id outranks the e-mail; an org narrows; ids compare by 15 letters."""
    line = await directory(None, None, entry).line(ADA, MAIL)
    assert line == (TelephonyUser("acct_1", "u") if fits else None)


async def test_an_agent_without_e_mail_does_not_match_an_empty_one() -> None:
    """Two empty texts are no match."""
    assert await directory(None, None, Entry("u", email="")).line(ADA, "") is None


async def test_the_first_matching_entry_wins_without_a_request() -> None:
    """The file outranks the provider."""
    provider = FakeProvider(user("user_x", MAIL))
    found = directory(provider, None, Entry("one", email=MAIL), Entry("two", email=MAIL))
    assert await found.line(ADA, MAIL) == TelephonyUser("acct_1", "one")
    assert provider.asked == 0


async def test_a_large_file_is_not_scanned_for_each_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten thousand entries only those that name this agent are looked at."""
    looked: list[Entry] = []
    fits = Entry.fits

    def counting(self: Entry, key: AgentKey, email: str) -> bool:
        looked.append(self)
        return fits(self, key, email)

    monkeypatch.setattr(Entry, "fits", counting)
    crowd = [Entry(f"user_{n}", email=f"a{n}@example.com") for n in range(10_000)]
    mine = (Entry("abroad", email=MAIL, org_id=OTHER_ORG), Entry("mine", user_id=ADA.user_id))
    found = directory(None, None, *crowd, *mine)
    assert await found.line(ADA, MAIL) == TelephonyUser("acct_1", "mine")
    assert looked == list(reversed(mine))


@given(
    st.lists(
        st.builds(
            Entry,
            provider_user=st.integers().map(str),
            email=st.sampled_from(["", MAIL, MAIL.upper(), "bob@example.com"]),
            user_id=st.sampled_from(["", ADA.user_id, ADA.user_id + "AAA", "005000000000002"]),
            org_id=st.sampled_from(["", ORG, ORG + "EAA", OTHER_ORG]),
        )
    ),
    st.sampled_from(["", MAIL, MAIL.title()]),
)
def test_the_index_finds_what_a_scan_would_find(entries: list[Entry], email: str) -> None:
    """The first in the file that fits, however many do."""
    walked = next((entry for entry in entries if entry.fits(ADA, email)), None)
    assert Entries(entries).find(ADA, email) is walked


# --- the provider -----------------------------------------------------------------------------


async def test_an_agent_is_found_by_e_mail() -> None:
    """Case aside; the provider is asked once for all."""
    provider = FakeProvider(user("user_x", None), user("user_ada", "Ada@Example.com"))
    found = directory(provider)
    assert await found.line(ADA, MAIL) == TelephonyUser("acct_1", "user_ada")
    assert await found.line(ADA, MAIL.upper()) == TelephonyUser("acct_1", "user_ada")
    assert provider.asked == 1


async def test_without_a_provider_only_the_file_knows() -> None:
    """Nobody else is there to ask."""
    assert await directory(None).line(ADA, MAIL) is None


async def test_an_agent_without_e_mail_is_not_looked_up() -> None:
    """The provider knows people by e-mail, and could not tell."""
    provider = FakeProvider(user("user_x", ""))
    assert await directory(provider).line(ADA, "") is None
    assert provider.asked == 0


async def test_unknown_agents_cause_one_request_in_five_minutes() -> None:
    """Somebody added at the provider is found after that."""
    provider, clock = FakeProvider(), FakeClock()
    found = directory(provider, clock)
    assert await found.line(ADA, MAIL) is None
    provider.people = (user("user_ada", MAIL),)
    clock.at += REFRESH_MS - 1
    assert (await found.line(ADA, MAIL), provider.asked) == (None, 1)
    clock.at += 1
    assert (await found.line(ADA, MAIL), provider.asked) == (TelephonyUser("acct_1", "user_ada"), 2)


async def test_an_agent_whose_user_changes_at_the_provider_gets_the_new_one() -> None:
    """An admin gives the phone to somebody else, or sets the user up again, without a restart."""
    provider, clock = FakeProvider(user("user_ada", MAIL)), FakeClock()
    found = directory(provider, clock)
    assert await found.line(ADA, MAIL) == TelephonyUser("acct_1", "user_ada")
    provider.people = (user("user_ada", "grace@example.com"), user("user_ada_2", MAIL))
    clock.at += REFRESH_MS - 1
    assert await found.line(ADA, MAIL) == TelephonyUser("acct_1", "user_ada")
    clock.at += 1
    assert await found.line(ADA, MAIL) == TelephonyUser("acct_1", "user_ada_2")
    provider.people = ()
    clock.at += REFRESH_MS
    assert (await found.line(ADA, MAIL), provider.asked) == (None, 3)


async def test_many_simultaneous_lookups_cause_one_request() -> None:
    """After a restart every page says hello in the same second."""
    provider = FakeProvider(user("user_ada", MAIL))
    provider.ready.clear()
    found = directory(provider)
    asking = [asyncio.ensure_future(found.line(ADA, MAIL)) for _ in range(100)]
    await asyncio.sleep(0)
    provider.ready.set()
    assert set(await asyncio.gather(*asking)) == {TelephonyUser("acct_1", "user_ada")}
    assert provider.asked == 1


async def test_a_failing_provider_leaves_the_lookup_undecided() -> None:
    """Nobody is told that they have no phone; the next question waits a moment."""
    provider, clock = FakeProvider(user("user_ada", MAIL)), FakeClock()
    provider.down = True
    found = directory(provider, clock)
    with capture_logs() as lines, pytest.raises(DirectoryUnavailable):
        await found.line(ADA, MAIL)
    assert [line["event"] for line in lines] == ["directory.refresh_failed"]
    provider.down = False
    clock.at += RETRY_MS - 1
    with pytest.raises(DirectoryUnavailable):
        await found.line(ADA, MAIL)
    assert provider.asked == 1
    clock.at += 1
    assert await found.line(ADA, MAIL) == TelephonyUser("acct_1", "user_ada")


async def test_known_agents_stay_known_while_the_provider_fails() -> None:
    """Only strangers have to wait."""
    provider, clock = FakeProvider(user("user_ada", MAIL)), FakeClock()
    found = directory(provider, clock)
    await found.line(ADA, MAIL)
    provider.down = True
    clock.at += REFRESH_MS
    with pytest.raises(DirectoryUnavailable):
        await found.line(ADA, "bob@example.com")
    assert await found.line(ADA, MAIL) == TelephonyUser("acct_1", "user_ada")


async def test_an_agent_missing_in_a_truncated_list_is_searched() -> None:
    """By e-mail, once each until the list is read again; a search that fails leaves it open."""
    crowd = [user(f"user_{n}", f"{n}@example.com") for n in range(MOST_USERS)]
    provider, clock = FakeProvider(*crowd, user("user_ada", MAIL)), FakeClock()
    found = directory(provider, clock)
    for _ in range(2):
        assert await found.line(ADA, MAIL.upper()) == TelephonyUser("acct_1", "user_ada")
        assert await found.line(ADA, "nobody@example.com") is None
    assert provider.asked == 3
    provider.down = True
    with pytest.raises(DirectoryUnavailable):
        await found.line(ADA, "grace@example.com")
    provider.down = False
    clock.at += REFRESH_MS
    provider.people = (*provider.people, user("user_new", "nobody@example.com"))
    assert await found.line(ADA, "nobody@example.com") == TelephonyUser("acct_1", "user_new")


# --- several orgs, and CSV ----------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_spreadsheet_is_accepted(tmp_path: Path, separator: str) -> None:
    """The names stand in the first line; empty fields say nothing."""
    rows = ["email,user_id,provider_user", " ada@example.com ,,user_ada", ",005000000000002,user_g"]
    path = tmp_path / "agents.csv"
    path.write_text("\ufeff" + "\n".join(rows).replace(",", separator), encoding="utf-8")
    assert read_entries(path) == (
        Entry("user_ada", email="ada@example.com"),
        Entry("user_g", user_id="005000000000002"),
    )


@pytest.mark.parametrize("text", ["email\nada", "who,provider_user\na,b", "email\na,b,c", 'a\n"x'])
def test_a_spreadsheet_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    """With the file's name."""
    path = tmp_path / "agents.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DirectoryError, match=r"agents\.csv"):
        read_entries(path)


async def test_a_file_says_where_agents_work(tmp_path: Path) -> None:
    """Who is not in it works where the last page greeted; a product that is none is refused."""
    path = tmp_path / "directory.csv"
    path.write_text("email,provider_user,surface\nada@example.com,user_ada,voice\n")
    directory = Directory("acct_1", None, FakeClock(), read_entries(path))
    assert directory.surface(ADA, "ada@example.com") == "voice"
    assert directory.surface(ADA, "bo@example.com") == ""
    path.write_text("email,provider_user,surface\nada@example.com,user_ada,voip\n")
    with pytest.raises(DirectoryError, match="surface must be open-cti, lwc, voice or empty"):
        read_entries(path)


def test_a_file_says_who_has_a_phone_in_the_browser(tmp_path: Path) -> None:
    """Or says nothing of it; anything but yes and no is named."""
    path = tmp_path / "agents.csv"
    path.write_text("email,provider_user,browser_phone\na@x,ada,yes\nb@x,bob,no\nc@x,cy,\n")
    assert [entry.browser_phone for entry in read_entries(path)] == ["yes", "no", ""]
    path.write_text("email,provider_user,browser_phone\na@x,ada,true\n")
    with pytest.raises(DirectoryError, match="yes"):
        read_entries(path)


async def test_the_provider_lists_an_agents_other_phones() -> None:
    """Once it was asked for its users; of others nothing is known."""
    ada = ProviderUser("user_ada", "Ada", MAIL, do_not_disturb=False, ring_profiles=("mobile",))
    told = directory(FakeProvider(ada), None)
    assert told.ring_profiles(TelephonyUser("acct_1", "user_ada")) == ()
    line = await told.line(ADA, MAIL)
    assert line is not None
    assert told.ring_profiles(line) == ("mobile",)
    assert told.ring_profiles(TelephonyUser("acct_1", "user_bob")) == ()


# --- colleagues -------------------------------------------------------------------------------


async def test_colleagues_come_from_the_file_and_then_from_the_provider() -> None:
    """Who has a name and a number; each once, as the file says."""
    provider = FakeProvider(
        ProviderUser("user_ada", "Ada L.", MAIL, do_not_disturb=False, number="1001"),
        ProviderUser("user_bob", "Bob", None, do_not_disturb=False, number="1002"),
        ProviderUser("user_eve", "Eve", None, do_not_disturb=False),
    )
    entries = (
        Entry("user_ada", email=MAIL, name="Ada Lovelace", number="2001"),
        Entry("user_cy", email="cy@example.com", name="Cy"),
    )
    told = directory(provider, None, *entries)
    assert [(one.name, one.number) for one in await told.colleagues()] == [
        ("Ada Lovelace", "2001"),
        ("Bob", "1002"),
    ]
    await told.colleagues()
    assert provider.asked == 1


async def test_colleagues_stay_while_the_provider_is_away() -> None:
    """Those who were there before, or those of the file alone."""
    clock = FakeClock()
    provider = FakeProvider(
        ProviderUser("user_bob", "Bob", None, do_not_disturb=False, number="1002")
    )
    told = directory(provider, clock)
    before = await told.colleagues()
    provider.down = True
    clock.at += REFRESH_MS
    assert await told.colleagues() == before
    assert await directory(None).colleagues() == ()
