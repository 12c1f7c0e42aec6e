"""Small specs for the tests of the generator: two HTTP operations, two client and two server frames."""

from pathlib import Path

OPENAPI = """\
openapi: 3.0.3
info: {title: Small, version: 0.1.0}
servers: [{url: /api}]
security: [{bearer: []}]
paths:
  /posts:
    post:
      operationId: createPost
      tags: [posts]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: 'schemas/post.yaml#/CreatePostRequest'}}}
      responses:
        '201':
          description: Created.
          content: {application/json: {schema: {$ref: 'schemas/post.yaml#/Post'}}}
        default: {$ref: '#/components/responses/Failed'}
  /ping:
    get:
      operationId: ping
      tags: [posts]
      security: []
      responses: {'204': {description: Nothing.}}
components:
  responses: {Failed: {description: Failed.}}
  securitySchemes: {bearer: {type: http, scheme: bearer}}
x-error-catalogue: {$ref: 'errors.yaml#/errors'}
"""

ASYNCAPI = """\
asyncapi: 3.0.0
info: {title: Small, version: 0.1.0}
channels:
  ws:
    address: /ws
    messages:
      post: {$ref: '#/components/messages/post'}
      ping: {$ref: '#/components/messages/ping'}
      posted: {$ref: '#/components/messages/posted'}
      pong: {$ref: '#/components/messages/pong'}
    x-close-codes:
      - {code: 4401, name: AUTH_FAILED, meaning: The token is bad., reconnect: false, hint: Log in.}
  downstream:
    address: down.{id}
    messages:
      told: {$ref: '#/components/messages/told'}
      forgotten: {$ref: '#/components/messages/forgotten'}
operations:
  post:
    action: receive
    channel: {$ref: '#/channels/ws'}
    tags: [{name: posts}]
    messages: [{$ref: '#/channels/ws/messages/post'}]
    reply:
      channel: {$ref: '#/channels/ws'}
      messages: [{$ref: '#/channels/ws/messages/posted'}]
  ping:
    action: receive
    channel: {$ref: '#/channels/ws'}
    tags: [{name: connection}]
    messages: [{$ref: '#/channels/ws/messages/ping'}]
    reply:
      channel: {$ref: '#/channels/ws'}
      messages: [{$ref: '#/channels/ws/messages/pong'}]
  posted:
    action: send
    channel: {$ref: '#/channels/ws'}
    tags: [{name: posts}]
    messages: [{$ref: '#/channels/ws/messages/posted'}]
  pong:
    action: send
    channel: {$ref: '#/channels/ws'}
    tags: [{name: connection}]
    messages: [{$ref: '#/channels/ws/messages/pong'}]
  told:
    action: send
    channel: {$ref: '#/channels/downstream'}
    tags: [{name: downstream}]
    messages: [{$ref: '#/channels/downstream/messages/told'}]
  forgotten:
    action: send
    channel: {$ref: '#/channels/downstream'}
    tags: [{name: downstream}]
    messages: [{$ref: '#/channels/downstream/messages/forgotten'}]
components:
  messages:
    post: {name: post, payload: {$ref: '#/components/schemas/PostFrame'}}
    ping: {name: ping, payload: {$ref: '#/components/schemas/PingFrame'}}
    posted: {name: post-stored, payload: {$ref: '#/components/schemas/PostedFrame'}}
    pong: {name: pong, payload: {$ref: '#/components/schemas/PongFrame'}}
    told: {name: told, payload: {$ref: '#/components/schemas/Told'}}
    forgotten: {name: forgotten, payload: {$ref: '#/components/schemas/Forgotten'}}
  schemas:
    PostFrame:
      type: object
      additionalProperties: false
      required: [type, data]
      properties:
        type: {type: string, const: post}
        data: {$ref: 'schemas/post.yaml#/CreatePostRequest'}
    PingFrame:
      type: object
      additionalProperties: false
      required: [type]
      properties: {type: {type: string, const: ping}}
    PostedFrame:
      type: object
      required: [type, data]
      properties:
        type: {type: string, const: post-stored}
        data: {$ref: 'schemas/post.yaml#/Post'}
    PongFrame:
      type: object
      required: [type]
      properties: {type: {type: string, const: pong}}
    Told:
      type: object
      required: [type, frame]
      properties:
        type: {type: string, const: told}
        frame: {$ref: '#/components/schemas/PostedFrame'}
    Forgotten:
      type: object
      required: [type]
      properties: {type: {type: string, const: forgotten}}
x-error-catalogue: {$ref: 'errors.yaml#/errors'}
"""

LOGIC = """\
syntax = "proto3";
package small.v1;
service Posts { rpc Post(PostRequest) returns (PostResponse); }
message PostRequest { string text = 1; }
message PostResponse { int64 number = 1; }
"""

ERRORS = """\
errors:
  - {code: AUTH_FAILED, status: 401, closeCode: 4401, socket: close, retryable: false,
     zh: 认证失败, en: Log in.}
  - {code: RATE_LIMITED, status: 429, socket: frame, grpc: RESOURCE_EXHAUSTED, retryable: true,
     zh: 稍后再试, en: Later., note: Wait first.}
messages:
  - {key: ok, zh: 操作成功, en: OK}
"""

POST = """\
CreatePostRequest:
  type: object
  description: What to post.
  additionalProperties: false
  minProperties: 1
  properties:
    postText: {$ref: '#/Text'}
    slug: {$ref: 'common.yaml#/Slug'}
Post:
  type: object
  required: [id, text]
  properties:
    id: {$ref: 'common.yaml#/Slug'}
    text: {$ref: '#/Text'}
    pinned: {type: boolean, default: false}
Text: {type: string, minLength: 1, maxLength: 20}
"""

COMMON = """\
Slug: {type: string, maxLength: 8, pattern: '^[a-z]+$'}
"""

FILES = {
    "openapi.yaml": OPENAPI,
    "asyncapi.yaml": ASYNCAPI,
    "errors.yaml": ERRORS,
    "logic.proto": LOGIC,
    "schemas/post.yaml": POST,
    "schemas/common.yaml": COMMON,
}


def write_specs(directory: Path, *edits: tuple[str, str, str]) -> Path:
    """Writes the small specs into `directory`/specs and returns that path.

    An edit (file, old, new) replaces a text that must be there once.
    """
    texts = dict(FILES)
    for name, old, new in edits:
        if texts[name].count(old) != 1:
            raise ValueError(f"{name} has {old!r} {texts[name].count(old)} times")
        texts[name] = texts[name].replace(old, new)
    specs_dir = directory / "specs"
    for name, text in texts.items():
        path = specs_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return specs_dir
