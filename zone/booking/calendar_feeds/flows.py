"""Fetching a feed: counted in a transaction of its own, then read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from zone.booking.calendar_feeds import queries, rules, service
from zone.booking.calendar_feeds.queries import FeedOfKey
from zone.booking.calendar_feeds.views import FeedEvent
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.rate_limit import service as rate_limit


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """The events of a person's feed, and the language in which they read."""

    events: Sequence[FeedEvent]
    language: str


def fetch_own(key: str, client: str, now: datetime) -> FetchedFeed:
    """Return what the feed of a key has.

    Raises:
        DomainError: not_found: no feed has this key, or none any more; too_many_requests.
    """
    with reading() as session:
        feed = queries.feed_of_key(session, key)
    if feed is None:
        with writing() as session:
            rate_limit.count_attempt(session, rules.VAIN, client, now)
        raise DomainError(NOT_FOUND)
    _count(feed, now)
    with reading() as session:
        events = queries.own_events(session, feed.member_id, rules.feed_window(now))
    return FetchedFeed(events, feed.language)


def _count(feed: FeedOfKey, now: datetime) -> None:
    with writing() as session:
        # By the feed, not by the client: Google and Outlook fetch for many from few addresses.
        rate_limit.count_attempt(session, rules.OF_FEED, str(feed.id), now)
        if rules.is_note_due(feed.fetched_at, now):
            service.note_fetch(session, feed.id, now)


def count_public(client: str, now: datetime) -> None:
    """Count a request for a public feed, or for one that there is not.

    Raises:
        DomainError: too_many_requests.
    """
    with writing() as session:
        rate_limit.count_attempt(session, rules.OF_PUBLIC, client, now)
