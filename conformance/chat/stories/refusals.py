"""Stories of what is refused: wrong requests and frames, and limits that are met on purpose."""

from __future__ import annotations

from conformance.chat.accounts import LogIn, ShowProfile
from conformance.chat.connections import Connect, Ping, Wait
from conformance.chat.endurance import Idle, SlowReader, TooLargeFrame
from conformance.chat.errors import BadFrame, PlainSocketPath, Refused, SpeakEnglish
from conformance.chat.expiry import Outlive
from conformance.chat.groups import CreateGroup
from conformance.chat.limits import FailedLogins, Flood, FloodHttp, LoginFlood
from conformance.chat.listing import ShowConversation
from conformance.chat.messages import HTTP, WS, Send
from conformance.chat.reading import WalkHistory
from conformance.chat.refusals import CASES
from conformance.chat.stories.story import A, B, C, D, E, Story, connected
from conformance.chat.tokens import BAD_TOKENS, BadToken, Refresh

SEND = '{"type":"send-message","data":{"conversationId":"{c}","client_msg_id":"{m}",%s}}'
"""A send with its other members left open."""

GOOD = '"content":"x","messageType":1'

STORIES: tuple[Story, ...] = (
    Story(
        "bad tokens",
        tuple(BadToken(A, how, edge) for edge in (HTTP, WS) for how in BAD_TOKENS),
        is_plain=True,
    ),
    Story(
        "what the contract refuses",
        (
            CreateGroup(A, "g", (B,)), Connect(A), *(Refused(A, case, "g") for case in CASES),
            ShowConversation(A, "g"), WalkHistory(A, "g"), Ping(A), SpeakEnglish(A, "en"), SpeakEnglish(A, "zh-CN"),
            SpeakEnglish(A, "en-GB,en;q=0.8,zh;q=0.2"), PlainSocketPath(A), PlainSocketPath(A, "8"),
        ),
        is_plain=True,
    ),
    Story(
        "frames that are refused",
        (
            *connected(A, B), CreateGroup(A, "g", (B,)),
            BadFrame(A, SEND % '"content":"","messageType":1', names=True,
                      details=(("/data/content", "minLength"),), to="g"),
            BadFrame(A, SEND % '"messageType":1', names=True, details=(("/data/content", "required"),), to="g"),
            BadFrame(A, SEND % '"messageType":9,"content":""', names=True,
                      details=(("/data/messageType", "enum"), ("/data/content", "minLength")), to="g"),
            BadFrame(A, SEND % '"content":"x","messageType":4', names=True,
                      details=(("/data/messageType", "enum"),), to="g"),
            BadFrame(A, SEND % (GOOD + ',"x":1'), names=True, details=(("/data/x", "additionalProperties"),), to="g"),
            BadFrame(A, SEND % ('"messageType":1,"content":"' + "x" * 4001 + '"'),
                      "MESSAGE_TOO_LARGE", names=True, to="g"),
            BadFrame(A, SEND % '"messageType":1,"content":"a\\u0000b"', names=True,
                      details=(("/data/content", "unicode"),), to="g"),
            BadFrame(A, SEND.replace("{c}", "no-such") % GOOD, "CONVERSATION_NOT_FOUND", names=True),
            BadFrame(A, '{"type":"mark-read","data":{"conversationId":"{c}","seqId":0}}',
                      details=(("/data/seqId", "minimum"),), to="g"),
            BadFrame(A, '{"type":"no-such-type"}', details=(("/type", "enum"),)),
            BadFrame(A, '{"type":7}', details=(("/type", "type"),)),
            BadFrame(A, "{}", details=(("/type", "required"),)),
            BadFrame(A, "[]"), BadFrame(A, "{", details=(("", "json"),)), BadFrame(A, ""),
            BadFrame(A, '{"type":"ping","data":{"x":1}}', details=(("/data/x", "additionalProperties"),)),
            BadFrame(A, '{"type":"ping","Type":1}', details=(("/Type", "additionalProperties"),)),
            BadFrame(A, '{"type":"new-message","data":{}}'), Ping(A), Send(A, "g", "m1"),
            Send(A, "g", "m2", content="字" * 4000), Send(B, "g", "m3", content="😀" * 4000), WalkHistory(B, "g"),
        ),
        is_plain=True,
    ),
    Story(
        "a frame that is too large",
        (
            *connected(A, B), CreateGroup(A, "g", (B,)), TooLargeFrame(A), Send(B, "g", "m1"), Connect(A),
            Send(A, "g", "m2"),
        ),
        is_plain=True,
    ),
    Story(
        "too fast over the socket",
        (
            *connected(A, B), CreateGroup(B, "h", (A,)), Flood(A), Send(B, "h", "m0"), Ping(A), Wait(1.2),
            CreateGroup(A, "g", (B,)), Send(A, "g", "m1"), Send(B, "g", "m2"),
        ),
        lambda limits: 8 if limits.messages_per_s else 0,
    ),
    Story(
        "too fast over HTTP",
        (
            FloodHttp(A), Wait(1.5), Send(A, "world", "m1", edge=HTTP),
        ),
        lambda limits: 14 if limits.messages_per_s else 0,
    ),
    Story(
        "too fast for too long",
        (
            *connected(A, B), CreateGroup(A, "g", (B,)), Flood(A, until_closed=True), Send(B, "g", "m1"), Connect(A),
            Wait(1.2), Send(A, "g", "m2"),
        ),
        lambda limits: 10 if limits.messages_per_s and limits.refused_before_close else 0,
    ),
    Story(
        "too many failed logins",
        (
            FailedLogins(A), FailedLogins(B), ShowProfile(A),
        ),
        lambda limits: 12 if limits.failed_logins_per_min else 0,
    ),
    Story(
        "a reader who does not read",
        (
            CreateGroup(B, "g", (A, C, D, E)), SlowReader(A, "g"), Wait(2.5), *connected(A, B),
            CreateGroup(B, "h", (A,)), Send(B, "h", "m1"),
        ),
        lambda limits: 30,
    ),
    Story(
        "silence",
        (
            Connect(A), Idle(A), Connect(A), Ping(A),
        ),
        lambda limits: limits.idle_timeout_s + 10,
    ),
    Story(
        "a token ends",
        (
            LogIn(A, "a2"), Connect(A), Outlive(A), Refresh(A), ShowProfile(A), Connect(A), CreateGroup(A, "g", (B,)),
            Send(A, "g", "m1"),
        ),
        lambda limits: limits.access_token_ttl_s + 15,
    ),
    Story(
        "too many logins of one address",
        (
            LoginFlood(A), ShowProfile(A),
        ),
        lambda limits: 10 if 0 < limits.logins_per_min <= 200 else 0,
        is_plain=True,
    ),
)  # fmt: skip
