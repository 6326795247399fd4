"""The record, the page as files and a visitor, for the tests of this room."""

from tests.support.site_fixtures import *  # noqa: F403
