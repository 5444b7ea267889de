"""A checkpoint, signed once by each way to sign, as facts: docs/trust.md holds them too.

The key is that of RFC 8032, section 7.1, TEST 1. The tree is that of the leaves `a`, `b` and `c`.
"""

SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
SESSION_ID = "00112233445566778899aabbccddeeff"
TEXT = f"origin/session/{SESSION_ID}\n3\nNmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=\n"
KEY = "example.org/team+251d1e7c+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
SIGNED = (
    f"{TEXT}\n\u2014 example.org/team "
    "JR0efCoS3EUFqRFhLvabaO5/wt1SvHMwV70bulLSYB2U8HcHSU9+Nhlk/So+Tmyy3rvgfL9SWInuYuSQ/qa5T8QqqgU=\n"
)
SSH_KEY = (
    "example.org/team+4c887bae+/29yaWdpbi1jaGVja3BvaW50L3NzaHNpZy1lZDI1NTE511qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
)
SIGNED_BY_SSH = (
    f"{TEXT}\n\u2014 example.org/team "
    "TIh7rlNTSFNJRwAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1EaAAAAEW9yaWdpbi1jaGVja3Bv"
    "aW50AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5AAAAQJHhNhUprgdo1eOzbyZSr39kg/QLcIjVvarA1gVX0LXcCYCQtPXzVQwLygo8nsbA"
    "+io7bbYeG86f1hFggyhgaQk=\n"
)
