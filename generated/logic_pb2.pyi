# Source: specs/logic.proto.
# Written by `gochat generate`: change the spec, not this file.
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SendMessageRequest(_message.Message):
    __slots__ = ("sender_id", "conversation_id", "message_type", "content", "client_msg_id", "origin")
    SENDER_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_MSG_ID_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    sender_id: str
    conversation_id: str
    message_type: int
    content: str
    client_msg_id: str
    origin: str
    def __init__(self, sender_id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., message_type: _Optional[int] = ..., content: _Optional[str] = ..., client_msg_id: _Optional[str] = ..., origin: _Optional[str] = ...) -> None: ...

class SendMessageResponse(_message.Message):
    __slots__ = ("message_id", "seq_id", "created_at")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    seq_id: int
    created_at: int
    def __init__(self, message_id: _Optional[str] = ..., seq_id: _Optional[int] = ..., created_at: _Optional[int] = ...) -> None: ...

class SendMessagesRequest(_message.Message):
    __slots__ = ("messages",)
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[SendMessageRequest]
    def __init__(self, messages: _Optional[_Iterable[_Union[SendMessageRequest, _Mapping]]] = ...) -> None: ...

class SendMessagesResponse(_message.Message):
    __slots__ = ("outcomes",)
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[SendMessageOutcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[SendMessageOutcome, _Mapping]]] = ...) -> None: ...

class SendMessageOutcome(_message.Message):
    __slots__ = ("posted", "error")
    POSTED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    posted: SendMessageResponse
    error: Error
    def __init__(self, posted: _Optional[_Union[SendMessageResponse, _Mapping]] = ..., error: _Optional[_Union[Error, _Mapping]] = ...) -> None: ...

class Error(_message.Message):
    __slots__ = ("code", "retry_after_ms", "request_id", "errors")
    CODE_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    code: str
    retry_after_ms: int
    request_id: str
    errors: _containers.RepeatedCompositeFieldContainer[Violation]
    def __init__(self, code: _Optional[str] = ..., retry_after_ms: _Optional[int] = ..., request_id: _Optional[str] = ..., errors: _Optional[_Iterable[_Union[Violation, _Mapping]]] = ...) -> None: ...

class Violation(_message.Message):
    __slots__ = ("pointer", "rule")
    POINTER_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    pointer: str
    rule: str
    def __init__(self, pointer: _Optional[str] = ..., rule: _Optional[str] = ...) -> None: ...

class MarkReadRequest(_message.Message):
    __slots__ = ("user_id", "conversation_id", "seq_id")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    conversation_id: str
    seq_id: int
    def __init__(self, user_id: _Optional[str] = ..., conversation_id: _Optional[str] = ..., seq_id: _Optional[int] = ...) -> None: ...

class MarkReadResponse(_message.Message):
    __slots__ = ("unread_count",)
    UNREAD_COUNT_FIELD_NUMBER: _ClassVar[int]
    unread_count: int
    def __init__(self, unread_count: _Optional[int] = ...) -> None: ...

class MarkReadsRequest(_message.Message):
    __slots__ = ("marks",)
    MARKS_FIELD_NUMBER: _ClassVar[int]
    marks: _containers.RepeatedCompositeFieldContainer[MarkReadRequest]
    def __init__(self, marks: _Optional[_Iterable[_Union[MarkReadRequest, _Mapping]]] = ...) -> None: ...

class MarkReadsResponse(_message.Message):
    __slots__ = ("outcomes",)
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[MarkReadOutcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[MarkReadOutcome, _Mapping]]] = ...) -> None: ...

class MarkReadOutcome(_message.Message):
    __slots__ = ("error",)
    ERROR_FIELD_NUMBER: _ClassVar[int]
    error: Error
    def __init__(self, error: _Optional[_Union[Error, _Mapping]] = ...) -> None: ...
