"""The rules of the chat layer: what the words of the contract promise beyond its schemas."""

from __future__ import annotations

from conformance.rules import rule_table

RULES = rule_table(
    "chat",
    ("account-given", "Who registers gets an account and can log in", "Nobody gets in."),
    ("answer-given", "Every request is answered over HTTP", "The app hangs, or shows a network error for no reason."),
    ("answer-declared", "Every status is declared for its operation", "A generated client has no case for the answer."),
    ("answer-valid", "Every answer fits its schema", "A generated client fails to read the answer."),
    (
        "answer-status",
        "The status and code are those the state asks for",
        "The app shows a wrong message, or does a wrong thing.",
    ),
    ("answer-value", "The values in an answer are those of the state", "The user sees something that is not so."),
    (
        "answer-header",
        "Declared headers have the declared values",
        "A client can't log in again, wait, or choose a method.",
    ),
    (
        "error-order",
        "Of several errors the first by the declared order is told",
        "Clients react to the wrong problem; details leak.",
    ),
    ("error-details", "An error's details name the place and the rule", "A form can't show which field is wrong."),
    ("received-declared", "Every received frame is declared", "The app gets something that it has no case for."),
    ("received-valid", "Every received frame fits its schema", "A generated client fails to read the frame."),
    ("connect-accepted", "A valid token opens a socket that stays open", "The user can't come online."),
    ("reply-sent", "Each operation with a reply gets it", "The message hangs in 'sending' for ever."),
    ("reply-single", "A reply comes exactly once", "The app marks the wrong message as sent or failed."),
    (
        "pong-last",
        "A pong comes after everything sent before it on its connection is done",
        "A client reads a state that is not there yet.",
    ),
    (
        "time-plausible",
        "Times are whole Unix seconds",
        "A message claims to come from another century.",
    ),
    (
        "reply-value",
        "A reply says what happened, about the frame that it answers",
        "The app shows a state that is not so.",
    ),
    ("reply-error", "A frame that can't be done is answered by the declared error", "The app thinks that it was done."),
    (
        "push-sent",
        "A message is pushed to every member who is online",
        "Somebody does not see the message until he reloads.",
    ),
    ("push-once", "A message is pushed once", "The message is shown twice."),
    ("push-members-only", "A message is pushed to members only", "Somebody reads what is not for him."),
    (
        "push-not-to-sender",
        "A message is not pushed to the connection that sent it",
        "The sender sees his message twice.",
    ),
    ("push-valid", "A pushed message is the message that was stored", "People see different things."),
    ("push-order", "Pushes of a conversation come in ascending seqId", "Answers stand before questions."),
    ("seq-gapless", "seqId goes up by exactly one", "Clients take the hole for a lost message and fetch for ever."),
    (
        "seq-order",
        "Messages of one connection are stored in the order they were sent",
        "A conversation reads in the wrong order.",
    ),
    (
        "ack-idempotent",
        "A repeat gets the first answer again",
        "The message is doubled, or shown as failed though it was sent.",
    ),
    (
        "history-exact",
        "History is what was acknowledged, once, in order",
        "Messages are lost, doubled or out of place.",
    ),
    ("told-is-stored", "A message is stored before anybody is told of it", "Clients fetch on a push and find nothing."),
    ("history-page", "Pages of history neither repeat nor skip", "Scrolling back loses messages."),
    ("unread-exact", "Unread counts are what others sent above the pointer", "Badges are wrong."),
    ("list-exact", "A list has exactly what belongs in it", "Somebody or something is missing, or should not be seen."),
    ("list-order", "A list has the declared order", "The newest conversation is not on top."),
    (
        "list-page",
        "Pages of a list have the declared size and tell whether there is more",
        "Scrolling stops early or never.",
    ),
    (
        "presence-told",
        "Friends are told who comes online and goes offline",
        "Friends seem to be away, or here, who are not.",
    ),
    ("presence-true", "Nobody is called online or offline who is not", "The green dot lies."),
    ("presence-friends-only", "Presence is told to friends only", "Strangers can watch when somebody is online."),
    ("presence-once", "A change of presence is told once", "The app flickers, and notifies twice."),
    ("close-code", "The server closes with the declared code", "The app comes back when it must not, or stays away."),
    (
        "close-told",
        "An error frame comes before the close that declares one",
        "The app does not know why it was thrown out.",
    ),
    ("close-kept", "A connection stays open where nothing says that it is closed", "The user drops out of the chat."),
    (
        "close-made",
        "A connection is closed where the contract says so",
        "Two devices fight, or a revoked login goes on.",
    ),
    ("token-ended", "A token that was ended is refused", "Somebody who logged out, or was thrown out, is still in."),
    ("token-alive", "A token is valid until it ends", "Users are logged out for no reason."),
    ("limit-kept", "Limits are kept as declared", "One user holds up all others, or is refused too early."),
)
