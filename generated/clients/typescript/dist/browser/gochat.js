// GoChat's client in one module. Written by `gochat generate`: change the spec, not this file.

// dist/catalogue.js
var VERSION = "0.1.0";
var BASE_PATH = "/api";
var SOCKET_PATH = "/ws";
var ERRORS = {
  "INVALID_REQUEST": {
    "status": 400,
    "retryable": false,
    "en": "The request is not valid.",
    "zh": "请求格式错误"
  },
  "INVALID_MESSAGE": {
    "status": null,
    "retryable": false,
    "en": "The frame is not valid.",
    "zh": "消息格式错误"
  },
  "AUTH_FAILED": {
    "status": 401,
    "retryable": false,
    "en": "Authentication failed. Please log in again.",
    "zh": "认证失败，请重新登录"
  },
  "INVALID_CREDENTIALS": {
    "status": 401,
    "retryable": false,
    "en": "The username or the password is wrong.",
    "zh": "用户名或密码错误"
  },
  "FORBIDDEN": {
    "status": 403,
    "retryable": false,
    "en": "You are not allowed to do this.",
    "zh": "没有权限执行此操作"
  },
  "NOT_FOUND": {
    "status": 404,
    "retryable": false,
    "en": "There is nothing at this address.",
    "zh": "请求的地址不存在"
  },
  "USER_NOT_FOUND": {
    "status": 404,
    "retryable": false,
    "en": "There is no such user.",
    "zh": "用户不存在"
  },
  "MESSAGE_NOT_FOUND": {
    "status": 404,
    "retryable": false,
    "en": "There is no such message.",
    "zh": "消息不存在"
  },
  "REQUEST_NOT_FOUND": {
    "status": 404,
    "retryable": false,
    "en": "There is no such friend request.",
    "zh": "好友请求不存在"
  },
  "CONVERSATION_NOT_FOUND": {
    "status": 404,
    "retryable": false,
    "en": "There is no such conversation.",
    "zh": "会话不存在"
  },
  "METHOD_NOT_ALLOWED": {
    "status": 405,
    "retryable": false,
    "en": "This method is not allowed here.",
    "zh": "不支持该请求方法"
  },
  "UPGRADE_REQUIRED": {
    "status": 426,
    "retryable": false,
    "en": "Please connect with WebSocket, version 13.",
    "zh": "请使用 WebSocket 连接"
  },
  "USERNAME_TAKEN": {
    "status": 409,
    "retryable": false,
    "en": "This username is taken.",
    "zh": "用户名已被使用"
  },
  "CONFLICT": {
    "status": 409,
    "retryable": false,
    "en": "This conflicts with the present state.",
    "zh": "操作与当前状态冲突"
  },
  "CLIENT_MSG_ID_CONFLICT": {
    "status": 409,
    "retryable": false,
    "en": "This client_msg_id was used for another message.",
    "zh": "该消息编号已用于另一条消息"
  },
  "MESSAGE_TOO_LARGE": {
    "status": 413,
    "retryable": false,
    "en": "The message is too large.",
    "zh": "消息过大"
  },
  "UNSUPPORTED_MEDIA_TYPE": {
    "status": 415,
    "retryable": false,
    "en": "The content type has to be application/json.",
    "zh": "请求内容类型必须是 application/json"
  },
  "RATE_LIMITED": {
    "status": 429,
    "retryable": true,
    "en": "Too many requests. Please try again later.",
    "zh": "操作过于频繁，请稍后再试"
  },
  "INTERNAL": {
    "status": 500,
    "retryable": true,
    "en": "Something went wrong on the server.",
    "zh": "服务器内部错误"
  },
  "UNAVAILABLE": {
    "status": 503,
    "retryable": true,
    "en": "The service is not available now. Please try again later.",
    "zh": "服务暂时不可用，请稍后再试"
  }
};
var CLOSE_CODES = {
  "1000": {
    "name": "NORMAL",
    "meaning": "The client closed the socket; the server only answers with the code that it got.",
    "reconnect": false,
    "hint": "It was the client's own wish. Connect again when the user comes back."
  },
  "1001": {
    "name": "GOING_AWAY",
    "meaning": "The client left, as a browser does that leaves the page; the server only answers with it.",
    "reconnect": true,
    "hint": "Connect when the page is there again."
  },
  "1002": {
    "name": "PROTOCOL_ERROR",
    "meaning": "The client broke the WebSocket protocol itself.",
    "reconnect": true,
    "hint": "Back off as usual. A client that meets it again has a bug, or a proxy in between that has one."
  },
  "1003": {
    "name": "BINARY_FRAME",
    "meaning": "The client sent a binary frame; only text is spoken here.",
    "reconnect": true,
    "hint": "Back off as usual, and do not send that frame again."
  },
  "1007": {
    "name": "NOT_UTF8",
    "meaning": "The client sent a text frame that is not UTF-8.",
    "reconnect": true,
    "hint": "Back off as usual, and do not send that frame again."
  },
  "1009": {
    "name": "FRAME_TOO_LARGE",
    "meaning": "The client sent a frame over GOCHAT_MAX_FRAME_BYTES. An error frame with MESSAGE_TOO_LARGE came first.",
    "reconnect": true,
    "hint": "Back off as usual, and do not send that frame again."
  },
  "1011": {
    "name": "INTERNAL_ERROR",
    "meaning": "A bug of the server ended this connection.",
    "reconnect": true,
    "hint": "Back off as usual, then catch up."
  },
  "1012": {
    "name": "SERVER_RESTART",
    "meaning": "The server is shutting down or restarting.",
    "reconnect": true,
    "hint": "Back off with jitter, so that not everybody comes back at once, then catch up."
  },
  "4401": {
    "name": "AUTH_FAILED",
    "meaning": "The token is missing, bad, expired or revoked. An error frame with AUTH_FAILED came first.",
    "reconnect": false,
    "hint": "Not with this token. Refresh or log in, then connect with the new one."
  },
  "4408": {
    "name": "SLOW_READER",
    "meaning": "More than GOCHAT_OUTBOX_MAX_BYTES waited for this client.",
    "reconnect": true,
    "hint": "Back off as usual, then catch up over HTTP."
  },
  "4409": {
    "name": "REPLACED",
    "meaning": "The same user opened a newer connection.",
    "reconnect": false,
    "hint": "Do not come back by yourself, or two devices throw each other out for ever. Ask the user."
  },
  "4410": {
    "name": "IDLE",
    "meaning": "No frame, control frames included, arrived for GOCHAT_IDLE_TIMEOUT_S.",
    "reconnect": true,
    "hint": "Back off as usual, and ping every 30 s."
  },
  "4429": {
    "name": "RATE_ABUSED",
    "meaning": "100 send-message frames were refused as RATE_LIMITED without a pause of 2 s.",
    "reconnect": true,
    "hint": "Back off, and keep to details.retryAfterMs."
  }
};
var LIMITS = {
  "maxFrameBytes": 65536,
  "idleTimeoutS": 90,
  "presenceGraceS": 10,
  "outboxMaxBytes": 1048576,
  "messagesPerS": 20,
  "messageBurst": 40,
  "refusedBeforeClose": 100,
  "loginsPerMin": 60,
  "failedLoginsPerMin": 10,
  "accessTokenTtlS": 3600
};
var OPEN_OPERATIONS = /* @__PURE__ */ new Set([
  "POST /auth/register",
  "POST /auth/login",
  "POST /auth/guest",
  "POST /auth/refresh"
]);
var CLIENT_FRAMES = {
  "send-message": {
    "correlation": "/data/client_msg_id",
    "replies": [
      "message-ack",
      "error"
    ]
  },
  "ping": {
    "correlation": null,
    "replies": [
      "pong"
    ]
  },
  "mark-read": {
    "correlation": null,
    "replies": [
      "error"
    ]
  }
};
var SERVER_FRAMES = {
  "new-message": {
    "correlation": null
  },
  "message-ack": {
    "correlation": "/data/client_msg_id"
  },
  "online-status": {
    "correlation": null
  },
  "pong": {
    "correlation": null
  },
  "error": {
    "correlation": "/data/details/client_msg_id"
  }
};

// dist/failures.js
var GoChatError = class extends Error {
  code;
  details;
  status;
  name = "GoChatError";
  /**
   * @param code A code of the catalogue; a newer server may have more.
   * @param message The server's text, in the language that was asked for.
   * @param details Facts, by code: `errors`, `retryAfterMs`, ...
   * @param status The HTTP status; undefined when it came over the socket.
   */
  constructor(code, message, details = {}, status) {
    super(message);
    this.code = code;
    this.details = details;
    this.status = status;
  }
  /** Whether the same call can succeed later without any change. */
  get retryable() {
    return this.code in ERRORS && ERRORS[this.code].retryable;
  }
};
var ConnectionLost = class extends Error {
  name = "ConnectionLost";
};

// dist/answer.js
async function answer(call) {
  let outcome;
  try {
    outcome = await call;
  } catch (error) {
    if (error instanceof GoChatError || error instanceof ConnectionLost)
      throw error;
    throw new ConnectionLost("no answer from the server", { cause: error });
  }
  const envelope = outcome.data ?? outcome.error;
  if (outcome.response.ok && envelope?.success === true)
    return envelope.data;
  const { status } = outcome.response;
  if (typeof envelope !== "object" || envelope === null || typeof envelope.code !== "string") {
    throw new ConnectionLost(`${status} from something that is not a GoChat server`);
  }
  throw new GoChatError(envelope.code, envelope.message, envelope.details ?? {}, status);
}

// dist/api.js
var GoChatApi = class {
  http;
  /** @param http openapi-fetch on this API, for calls with options that no method has. */
  constructor(http) {
    this.http = http;
  }
  /**
   * Register an account
   *
   * Makes an account and joins it to the world chat. Names are unique without regard to case and are shown as
   * registered: a name that differs from another in case only is 409 USERNAME_TAKEN. Does not log in; `login` does.
   * Limited to 60 a minute an address, together with `login` and `guestLogin`.
   */
  register(body) {
    return answer(this.http.POST("/auth/register", { body }));
  }
  /**
   * Log in
   *
   * Starts a login of its own, beside those that there are. The name is matched without regard to case. An unknown name
   * and a wrong password are the same 401 INVALID_CREDENTIALS. The bounds of registration hold here too: a password of
   * seven characters is 400. Limited to 60 a minute an address, together with `register` and `guestLogin`, and to
   * 10 failed logins a minute an account.
   */
  login(body) {
    return answer(this.http.POST("/auth/login", { body }));
  }
  /**
   * Come in as a guest
   *
   * Makes a guest account with a name that the server chooses, joins it to the world chat, and logs it in. A guest sees
   * and uses the world chat only; search does not find him, and nobody can open a single chat with him, add him to a
   * group or ask him to be a friend. The body may be left out or be `{}`. Limited to 60 a minute an
   * address, together with `register` and `login`.
   */
  guestLogin(body) {
    return answer(this.http.POST("/auth/guest", { body: body ?? {} }));
  }
  /**
   * Log out
   *
   * Ends the login of the token that is used: its access and refresh tokens are AUTH_FAILED from now on, and the socket
   * that was opened under it gets an error frame and is closed with 4401. Other logins of the same user stay.
   * There is no body; one that is sent is ignored.
   */
  logout() {
    return answer(this.http.POST("/auth/logout"));
  }
  /**
   * Get new tokens
   *
   * Takes a refresh token and gives a new pair. The old refresh token is spent; the old access token stays valid until
   * it expires. A refresh token that is used a second time revokes the whole login, the tokens that came after it
   * included, and closes its socket with 4401. A refresh token that is unknown, spent, expired or revoked is 401
   * AUTH_FAILED. Needs no access token.
   */
  refreshSession(body) {
    return answer(this.http.POST("/auth/refresh", { body }));
  }
  /**
   * Look at one's own account
   *
   * The account that the token belongs to. Guests too.
   */
  getProfile() {
    return answer(this.http.GET("/users/profile"));
  }
  /**
   * Change one's own picture
   *
   * Sets the address of one's picture. A guest cannot (403).
   */
  updateProfile(body) {
    return answer(this.http.PUT("/users/profile", { body }));
  }
  /**
   * Find accounts by the start of their name
   *
   * Accounts whose name starts with `q`, without regard to case, sorted by the lower-case name. Oneself is found too,
   * guests are not. A guest cannot search (403).
   */
  searchUsers(query) {
    return answer(this.http.GET("/users/search", { params: { query } }));
  }
  /**
   * List one's conversations
   *
   * The conversations that one is in, the world chat among them, by `updatedAt` in whole seconds, newest first, then
   * by id ascending. Messages and edits move `updatedAt`, changes of membership do not. Pages may shift as
   * messages arrive: a client drops repeats by id. A guest sees the world chat only.
   */
  listConversations(query = {}) {
    return answer(this.http.GET("/conversations", { params: { query } }));
  }
  /**
   * Open a single chat or a group
   *
   * A *single chat* (type 1) needs exactly one other user in `members`, once oneself and duplicates are dropped; else it
   * is 400 (pointer `/members`, rule `not`). `name` and `description` are ignored. There is one for each pair: where
   * it exists already the answer is 200 with that one, else 201. Whoever opens it joined first; where it was opened
   * by a friendship, that is who asked for it.
   *
   * A *group* (type 2) needs a `name` (else 400, pointer `/name`, rule `required`). Oneself and duplicates in `members`
   * are ignored, an empty list is fine. Whoever creates it is the owner and joined first, all others are members and
   * joined in the order in which they are named. One unknown id is 404 and nothing is made. With more than 500 in
   * it, the owner included, it is 400: rule `maxItems` where the list itself is longer than 500, else `not`, both at
   * `/members`.
   *
   * Errors of the state, in this order: one is a guest (403), an id in `members` is unknown (404 USER_NOT_FOUND), one
   * of them is a guest's (403).
   */
  createConversation(body) {
    return answer(this.http.POST("/conversations", { body }));
  }
  /**
   * Look at a conversation and its members
   *
   * The conversation with all its members, by joining, oldest first. For the world chat `members` is left out.
   * Who is not a member gets 403; a guest is a member of the world chat only.
   */
  getConversation(conversationId) {
    return answer(this.http.GET("/conversations/{conversationId}", { params: { path: { conversationId } } }));
  }
  /**
   * Edit a group
   *
   * Changes the name, the picture or the description of a group; what is left out stays, and at least one is
   * needed (400, pointer `""`, rule `minProperties`). For admins and the owner; anybody else, and everybody on a single chat
   * or the world chat, gets 403. Moves `updatedAt`.
   */
  updateConversation(conversationId, body) {
    return answer(this.http.PUT("/conversations/{conversationId}", { params: { path: { conversationId } }, body }));
  }
  /**
   * Read history
   *
   * Newest first, or oldest first where `after` is given. `cursor` asks for messages older than that `seqId`, `after` for
   * newer ones; both at once is 400 (pointer `/query/after`, rule `not`), neither is the newest page. `nextCursor` is the
   * last `seqId` of the page as sorted, left out on an empty page; give it as `cursor`, or as `after`, to go on in the same
   * direction. Nothing is repeated or skipped while messages arrive. To catch up after a lost connection, start with
   * `after` set to the last `seqId` that one has, 0 for none, and go on until `hasMore` is false.
   *
   * Members only (403). A new member sees all older history.
   */
  listMessages(conversationId, query = {}) {
    return answer(this.http.GET("/conversations/{conversationId}/messages", { params: { path: { conversationId }, query } }));
  }
  /**
   * Send a message
   *
   * Stores the message, answers once it is on disk, and pushes it as `new-message` to every member who is online, the
   * sender's own socket included. Any member may send; a guest in the world chat only.
   *
   * *Idempotent for ever* with a `client_msg_id`: the same id from the same sender with the same conversation,
   * `messageType` and `content` gives the first answer again (201, the same id and `seqId`) and is not pushed again,
   * even after the sender has left or the group is gone. With another body it is 409 CLIENT_MSG_ID_CONFLICT. The
   * ids are shared with the frame `send-message` and run over all conversations of the sender. Without an id a
   * repeat is a second message.
   *
   * `content` that breaks nothing but its maxLength (4000 code points) is 413, whatever else is wrong with the body, as
   * is a body over the limit of bytes; content that breaks another keyword too is 400. Sending does not move the read pointer.
   *
   * Limited to 20 messages/s a user with a burst of 40, over HTTP and WebSocket together, repeats counted.
   *
   * Errors of the state, in this order: CONVERSATION_NOT_FOUND, FORBIDDEN, CLIENT_MSG_ID_CONFLICT.
   */
  sendMessage(conversationId, body) {
    return answer(this.http.POST("/conversations/{conversationId}/messages", { params: { path: { conversationId } }, body }));
  }
  /**
   * Mark as read
   *
   * Moves the read pointer forward to `seqId` and tells what is left to read: messages above the pointer that others
   * sent. A `seqId` past the end is taken as the last one; one that is behind the pointer succeeds and changes nothing.
   * Members only (403). The frame `mark-read` does the same.
   */
  markRead(conversationId, body) {
    return answer(this.http.PUT("/conversations/{conversationId}/read", { params: { path: { conversationId } }, body }));
  }
  /**
   * List the members
   *
   * By joining, oldest first. Members only (403). The members of the world chat are not listed: 403.
   */
  listMembers(conversationId, query = {}) {
    return answer(this.http.GET("/conversations/{conversationId}/members", { params: { path: { conversationId }, query } }));
  }
  /**
   * Add members to a group
   *
   * For admins and the owner of a group. Oneself and duplicates are ignored (a list of oneself adds nobody: 201 with
   * no members); an empty list is 400. Whoever is a
   * member already comes back unchanged. One unknown id is 404 and nobody is added. New members join in the order in
   * which they are named, have role 1, see all older history, and have their read pointer at the last `seqId`. A group that would have more than 500 members is 400 (pointer
   * `/members`, rule `not`) and nobody is added.
   *
   * Errors of the state, in this order: CONVERSATION_NOT_FOUND, not a member, not an admin or not a group (403),
   * USER_NOT_FOUND, a guest among those to add (403), too many (400).
   */
  addMembers(conversationId, body) {
    return answer(this.http.POST("/conversations/{conversationId}/members", { params: { path: { conversationId } }, body }));
  }
  /**
   * Give a member another role
   *
   * For the owner of a group. Role 3 hands the ownership over, and the old owner becomes an admin. An owner cannot
   * demote himself (403): he hands over instead; giving himself role 3 changes nothing. Who is not in the group is
   * 404 USER_NOT_FOUND. On a single chat or the world chat it is 403.
   *
   * Errors of the state, in this order: CONVERSATION_NOT_FOUND, not a group, not a member or not the owner (403),
   * USER_NOT_FOUND, the owner who would demote himself (403).
   */
  updateMember(conversationId, userId, body) {
    return answer(this.http.PUT("/conversations/{conversationId}/members/{userId}", { params: { path: { conversationId, userId } }, body }));
  }
  /**
   * Remove a member, or leave
   *
   * With one's own id: leave the group. An owner who leaves is followed by the admin who joined first, else by the member
   * who joined first; the last one to leave dissolves the group. With another's id: admins remove members, and only the
   * owner removes admins; nobody removes the owner (403). Who is not in the group is 404 USER_NOT_FOUND. On a single chat
   * or the world chat it is 403: nobody leaves those.
   *
   * Errors of the state, in this order: CONVERSATION_NOT_FOUND, not a group, not a member, or a plain member who names
   * somebody else (403), USER_NOT_FOUND, an admin who names an admin or the owner (403).
   */
  removeMember(conversationId, userId) {
    return answer(this.http.DELETE("/conversations/{conversationId}/members/{userId}", { params: { path: { conversationId, userId } } }));
  }
  /**
   * List one's friends
   *
   * All friends at once. Not for guests (403).
   */
  listFriends() {
    return answer(this.http.GET("/friends"));
  }
  /**
   * List friend requests
   *
   * The requests that one received, or with `type=sent` those that one sent; of any status unless `status` says which.
   * Not for guests (403).
   */
  listFriendRequests(query = {}) {
    return answer(this.http.GET("/friends/requests", { params: { query } }));
  }
  /**
   * Ask somebody to be a friend
   *
   * To oneself it is 400 (pointer `/targetUserId`, rule `not`). While a request between the two is pending, in either
   * direction, or where they are friends already, it is 409 CONFLICT. After a rejection one may ask again.
   *
   * Errors of the state, in this order: one is a guest (403), USER_NOT_FOUND, the target is a guest (403), CONFLICT.
   */
  createFriendRequest(body) {
    return answer(this.http.POST("/friends/requests", { body }));
  }
  /**
   * Accept or reject a friend request
   *
   * For the target of the request; anybody else, the requester too, gets 403. Accepting makes the two friends and
   * opens their single chat where there is none yet. A request is answered once: after that it is 409 CONFLICT.
   *
   * Errors of the state, in this order: one is a guest (403), REQUEST_NOT_FOUND, one is not the target (403), CONFLICT.
   */
  updateFriendRequest(requestId, body) {
    return answer(this.http.PUT("/friends/requests/{requestId}", { params: { path: { requestId } }, body }));
  }
};

// dist/emitter.js
var Emitter = class {
  #listeners = /* @__PURE__ */ new Map();
  /** Calls `listener` at each such event; returns a function that ends that. */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? /* @__PURE__ */ new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }
  /** Calls the listeners. What one throws is reported like any uncaught error, and stops nobody else. */
  emit(name, value) {
    for (const listener of [...this.#listeners.get(name) ?? []]) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
};

// node_modules/openapi-fetch/dist/index.mjs
var PATH_PARAM_RE = /\{[^{}]+\}/g;
var supportsRequestInitExt = () => {
  return typeof process === "object" && Number.parseInt(process?.versions?.node?.substring(0, 2)) >= 18 && process.versions.undici;
};
function randomID() {
  return Math.random().toString(36).slice(2, 11);
}
function createClient(clientOptions) {
  let {
    baseUrl = "",
    Request: CustomRequest = globalThis.Request,
    fetch: baseFetch = globalThis.fetch,
    querySerializer: globalQuerySerializer,
    bodySerializer: globalBodySerializer,
    pathSerializer: globalPathSerializer,
    headers: baseHeaders,
    requestInitExt = void 0,
    ...baseOptions
  } = { ...clientOptions };
  requestInitExt = supportsRequestInitExt() ? requestInitExt : void 0;
  baseUrl = removeTrailingSlash(baseUrl);
  const globalMiddlewares = [];
  async function coreFetch(schemaPath, fetchOptions) {
    const {
      baseUrl: localBaseUrl,
      fetch: fetch2 = baseFetch,
      Request = CustomRequest,
      headers,
      params = {},
      parseAs = "json",
      querySerializer: requestQuerySerializer,
      bodySerializer = globalBodySerializer ?? defaultBodySerializer,
      pathSerializer: requestPathSerializer,
      body,
      middleware: requestMiddlewares = [],
      ...init
    } = fetchOptions || {};
    let finalBaseUrl = baseUrl;
    if (localBaseUrl) {
      finalBaseUrl = removeTrailingSlash(localBaseUrl) ?? baseUrl;
    }
    let querySerializer = typeof globalQuerySerializer === "function" ? globalQuerySerializer : createQuerySerializer(globalQuerySerializer);
    if (requestQuerySerializer) {
      querySerializer = typeof requestQuerySerializer === "function" ? requestQuerySerializer : createQuerySerializer({
        ...typeof globalQuerySerializer === "object" ? globalQuerySerializer : {},
        ...requestQuerySerializer
      });
    }
    const pathSerializer = requestPathSerializer || globalPathSerializer || defaultPathSerializer;
    const serializedBody = body === void 0 ? void 0 : bodySerializer(
      body,
      // Note: we declare mergeHeaders() both here and below because it’s a bit of a chicken-or-egg situation:
      // bodySerializer() needs all headers so we aren’t dropping ones set by the user, however,
      // the result of this ALSO sets the lowest-priority content-type header. So we re-merge below,
      // setting the content-type at the very beginning to be overwritten.
      // Lastly, based on the way headers work, it’s not a simple “present-or-not” check becauase null intentionally un-sets headers.
      mergeHeaders(baseHeaders, headers, params.header)
    );
    const finalHeaders = mergeHeaders(
      // with no body, we should not to set Content-Type
      serializedBody === void 0 || // if serialized body is FormData; browser will correctly set Content-Type & boundary expression
      serializedBody instanceof FormData ? {} : {
        "Content-Type": "application/json"
      },
      baseHeaders,
      headers,
      params.header
    );
    const finalMiddlewares = [...globalMiddlewares, ...requestMiddlewares];
    const requestInit = {
      redirect: "follow",
      ...baseOptions,
      ...init,
      body: serializedBody,
      headers: finalHeaders
    };
    let id;
    let options;
    let request = new Request(
      createFinalURL(schemaPath, { baseUrl: finalBaseUrl, params, querySerializer, pathSerializer }),
      requestInit
    );
    let response;
    for (const key in init) {
      if (!(key in request)) {
        request[key] = init[key];
      }
    }
    if (finalMiddlewares.length) {
      id = randomID();
      options = Object.freeze({
        baseUrl: finalBaseUrl,
        fetch: fetch2,
        parseAs,
        querySerializer,
        bodySerializer,
        pathSerializer
      });
      for (const m of finalMiddlewares) {
        if (m && typeof m === "object" && typeof m.onRequest === "function") {
          const result = await m.onRequest({
            request,
            schemaPath,
            params,
            options,
            id
          });
          if (result) {
            if (result instanceof Request) {
              request = result;
            } else if (result instanceof Response) {
              response = result;
              break;
            } else {
              throw new Error("onRequest: must return new Request() or Response() when modifying the request");
            }
          }
        }
      }
    }
    if (!response) {
      try {
        response = await fetch2(request, requestInitExt);
      } catch (error2) {
        let errorAfterMiddleware = error2;
        if (finalMiddlewares.length) {
          for (let i = finalMiddlewares.length - 1; i >= 0; i--) {
            const m = finalMiddlewares[i];
            if (m && typeof m === "object" && typeof m.onError === "function") {
              const result = await m.onError({
                request,
                error: errorAfterMiddleware,
                schemaPath,
                params,
                options,
                id
              });
              if (result) {
                if (result instanceof Response) {
                  errorAfterMiddleware = void 0;
                  response = result;
                  break;
                }
                if (result instanceof Error) {
                  errorAfterMiddleware = result;
                  continue;
                }
                throw new Error("onError: must return new Response() or instance of Error");
              }
            }
          }
        }
        if (errorAfterMiddleware) {
          throw errorAfterMiddleware;
        }
      }
      if (finalMiddlewares.length) {
        for (let i = finalMiddlewares.length - 1; i >= 0; i--) {
          const m = finalMiddlewares[i];
          if (m && typeof m === "object" && typeof m.onResponse === "function") {
            const result = await m.onResponse({
              request,
              response,
              schemaPath,
              params,
              options,
              id
            });
            if (result) {
              if (!(result instanceof Response)) {
                throw new Error("onResponse: must return new Response() when modifying the response");
              }
              response = result;
            }
          }
        }
      }
    }
    const contentLength = response.headers.get("Content-Length");
    if (response.status === 204 || request.method === "HEAD" || contentLength === "0" && !response.headers.get("Transfer-Encoding")?.includes("chunked")) {
      return response.ok ? { data: void 0, response } : { error: void 0, response };
    }
    if (response.ok) {
      const getResponseData = async () => {
        if (parseAs === "stream") {
          return response.body;
        }
        if (parseAs === "json" && !contentLength) {
          const raw = await response.text();
          return raw ? JSON.parse(raw) : void 0;
        }
        return await response[parseAs]();
      };
      return { data: await getResponseData(), response };
    }
    let error = await response.text();
    try {
      error = JSON.parse(error);
    } catch {
    }
    return { error, response };
  }
  return {
    request(method, url, init) {
      return coreFetch(url, { ...init, method: method.toUpperCase() });
    },
    /** Call a GET endpoint */
    GET(url, init) {
      return coreFetch(url, { ...init, method: "GET" });
    },
    /** Call a PUT endpoint */
    PUT(url, init) {
      return coreFetch(url, { ...init, method: "PUT" });
    },
    /** Call a POST endpoint */
    POST(url, init) {
      return coreFetch(url, { ...init, method: "POST" });
    },
    /** Call a DELETE endpoint */
    DELETE(url, init) {
      return coreFetch(url, { ...init, method: "DELETE" });
    },
    /** Call a OPTIONS endpoint */
    OPTIONS(url, init) {
      return coreFetch(url, { ...init, method: "OPTIONS" });
    },
    /** Call a HEAD endpoint */
    HEAD(url, init) {
      return coreFetch(url, { ...init, method: "HEAD" });
    },
    /** Call a PATCH endpoint */
    PATCH(url, init) {
      return coreFetch(url, { ...init, method: "PATCH" });
    },
    /** Call a TRACE endpoint */
    TRACE(url, init) {
      return coreFetch(url, { ...init, method: "TRACE" });
    },
    /** Register middleware */
    use(...middleware) {
      for (const m of middleware) {
        if (!m) {
          continue;
        }
        if (typeof m !== "object" || !("onRequest" in m || "onResponse" in m || "onError" in m)) {
          throw new Error("Middleware must be an object with one of `onRequest()`, `onResponse() or `onError()`");
        }
        globalMiddlewares.push(m);
      }
    },
    /** Unregister middleware */
    eject(...middleware) {
      for (const m of middleware) {
        const i = globalMiddlewares.indexOf(m);
        if (i !== -1) {
          globalMiddlewares.splice(i, 1);
        }
      }
    }
  };
}
function serializePrimitiveParam(name, value, options) {
  if (value === void 0 || value === null) {
    return "";
  }
  if (typeof value === "object") {
    throw new Error(
      "Deeply-nested arrays/objects aren’t supported. Provide your own `querySerializer()` to handle these."
    );
  }
  return `${name}=${options?.allowReserved === true ? value : encodeURIComponent(value)}`;
}
function serializeObjectParam(name, value, options) {
  if (!value || typeof value !== "object") {
    return "";
  }
  const values = [];
  const joiner = {
    simple: ",",
    label: ".",
    matrix: ";"
  }[options.style] || "&";
  if (options.style !== "deepObject" && options.explode === false) {
    for (const k in value) {
      values.push(k, options.allowReserved === true ? value[k] : encodeURIComponent(value[k]));
    }
    const final2 = values.join(",");
    switch (options.style) {
      case "form": {
        return `${name}=${final2}`;
      }
      case "label": {
        return `.${final2}`;
      }
      case "matrix": {
        return `;${name}=${final2}`;
      }
      default: {
        return final2;
      }
    }
  }
  for (const k in value) {
    const finalName = options.style === "deepObject" ? `${name}[${k}]` : k;
    values.push(serializePrimitiveParam(finalName, value[k], options));
  }
  const final = values.join(joiner);
  return options.style === "label" || options.style === "matrix" ? `${joiner}${final}` : final;
}
function serializeArrayParam(name, value, options) {
  if (!Array.isArray(value)) {
    return "";
  }
  if (options.explode === false) {
    const joiner2 = { form: ",", spaceDelimited: "%20", pipeDelimited: "|" }[options.style] || ",";
    const final = (options.allowReserved === true ? value : value.map((v) => encodeURIComponent(v))).join(joiner2);
    switch (options.style) {
      case "simple": {
        return final;
      }
      case "label": {
        return `.${final}`;
      }
      case "matrix": {
        return `;${name}=${final}`;
      }
      // case "spaceDelimited":
      // case "pipeDelimited":
      default: {
        return `${name}=${final}`;
      }
    }
  }
  const joiner = { simple: ",", label: ".", matrix: ";" }[options.style] || "&";
  const values = [];
  for (const v of value) {
    if (options.style === "simple" || options.style === "label") {
      values.push(options.allowReserved === true ? v : encodeURIComponent(v));
    } else {
      values.push(serializePrimitiveParam(name, v, options));
    }
  }
  return options.style === "label" || options.style === "matrix" ? `${joiner}${values.join(joiner)}` : values.join(joiner);
}
function createQuerySerializer(options) {
  return function querySerializer(queryParams) {
    const search = [];
    if (queryParams && typeof queryParams === "object") {
      for (const name in queryParams) {
        const value = queryParams[name];
        if (value === void 0 || value === null) {
          continue;
        }
        if (Array.isArray(value)) {
          if (value.length === 0) {
            continue;
          }
          search.push(
            serializeArrayParam(name, value, {
              style: "form",
              explode: true,
              ...options?.array,
              allowReserved: options?.allowReserved || false
            })
          );
          continue;
        }
        if (typeof value === "object") {
          search.push(
            serializeObjectParam(name, value, {
              style: "deepObject",
              explode: true,
              ...options?.object,
              allowReserved: options?.allowReserved || false
            })
          );
          continue;
        }
        search.push(serializePrimitiveParam(name, value, options));
      }
    }
    return search.join("&");
  };
}
function defaultPathSerializer(pathname, pathParams) {
  let nextURL = pathname;
  for (const match of pathname.match(PATH_PARAM_RE) ?? []) {
    let name = match.substring(1, match.length - 1);
    let explode = false;
    let style = "simple";
    if (name.endsWith("*")) {
      explode = true;
      name = name.substring(0, name.length - 1);
    }
    if (name.startsWith(".")) {
      style = "label";
      name = name.substring(1);
    } else if (name.startsWith(";")) {
      style = "matrix";
      name = name.substring(1);
    }
    if (!pathParams || pathParams[name] === void 0 || pathParams[name] === null) {
      continue;
    }
    const value = pathParams[name];
    if (Array.isArray(value)) {
      nextURL = nextURL.replace(match, serializeArrayParam(name, value, { style, explode }));
      continue;
    }
    if (typeof value === "object") {
      nextURL = nextURL.replace(match, serializeObjectParam(name, value, { style, explode }));
      continue;
    }
    if (style === "matrix") {
      nextURL = nextURL.replace(match, `;${serializePrimitiveParam(name, value)}`);
      continue;
    }
    nextURL = nextURL.replace(match, style === "label" ? `.${encodeURIComponent(value)}` : encodeURIComponent(value));
  }
  return nextURL;
}
function defaultBodySerializer(body, headers) {
  if (body instanceof FormData) {
    return body;
  }
  if (headers) {
    const contentType = headers.get instanceof Function ? headers.get("Content-Type") ?? headers.get("content-type") : headers["Content-Type"] ?? headers["content-type"];
    if (contentType === "application/x-www-form-urlencoded") {
      return new URLSearchParams(body).toString();
    }
  }
  return JSON.stringify(body);
}
function createFinalURL(pathname, options) {
  let finalURL = `${options.baseUrl}${pathname}`;
  if (options.params?.path) {
    finalURL = options.pathSerializer(finalURL, options.params.path);
  }
  let search = options.querySerializer(options.params.query ?? {});
  if (search.startsWith("?")) {
    search = search.substring(1);
  }
  if (search) {
    finalURL += `?${search}`;
  }
  return finalURL;
}
function mergeHeaders(...allHeaders) {
  const finalHeaders = new Headers();
  for (const h of allHeaders) {
    if (!h || typeof h !== "object") {
      continue;
    }
    const iterator = h instanceof Headers ? h.entries() : Object.entries(h);
    for (const [k, v] of iterator) {
      if (v === null) {
        finalHeaders.delete(k);
      } else if (Array.isArray(v)) {
        for (const v2 of v) {
          finalHeaders.append(k, v2);
        }
      } else if (v !== void 0) {
        finalHeaders.set(k, v);
      }
    }
  }
  return finalHeaders;
}
function removeTrailingSlash(url) {
  if (url.endsWith("/")) {
    return url.substring(0, url.length - 1);
  }
  return url;
}

// dist/session.js
function memoryStore() {
  let kept = null;
  return { load: () => kept, save: (session) => void (kept = session) };
}
function localStore(key = "gochat") {
  const memory = memoryStore();
  let isForbidden = false;
  return {
    load: () => {
      if (isForbidden)
        return memory.load();
      try {
        return JSON.parse(localStorage.getItem(key) ?? "null");
      } catch {
        return null;
      }
    },
    save: (session) => {
      try {
        if (session === null)
          localStorage.removeItem(key);
        else
          localStorage.setItem(key, JSON.stringify(session));
      } catch {
        isForbidden = true;
        memory.save(session);
      }
    },
    lock: async (run) => "locks" in navigator ? await navigator.locks.request(`${key}-refresh`, run) : await run()
  };
}
var MARGIN = 0.2;
var MARGIN_MAX_MS = 6e4;
var ANSWER_MS = 3e4;
var RETRY_MS = 5e3;
var TIMER_MAX_MS = 2 ** 31 - 1;
var Session = class extends Emitter {
  url;
  store;
  language;
  send;
  http;
  #renewing = null;
  #timer;
  /** @param url The API's address, with its base path. */
  constructor(url, store, language, send) {
    super();
    this.url = url;
    this.store = store;
    this.language = language;
    this.send = send;
    this.http = createClient({ baseUrl: url, fetch: (request) => this.#fetch(request) });
    this.#schedule();
  }
  get user() {
    return this.store.load()?.user ?? null;
  }
  /** Takes over the tokens of a login; null: forgets them. */
  adopt(data) {
    const { accessToken, refreshToken, expiresIn, user } = data ?? {};
    this.store.save(data === null || accessToken === void 0 || refreshToken === void 0 || expiresIn === void 0 || !user ? null : { accessToken, refreshToken, expiresIn, user, expiresAt: Date.now() + expiresIn * 1e3 });
    this.#schedule();
    this.emit("user", this.user);
  }
  async access() {
    const session = this.store.load();
    if (session === null)
      throw new GoChatError("AUTH_FAILED", "nobody is logged in");
    return session.expiresAt - Date.now() > 1e3 ? session.accessToken : await this.renew(session.accessToken);
  }
  renew(refused) {
    this.#renewing ??= this.#renew(refused).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }
  async #renew(refused) {
    const alone = this.store.lock?.bind(this.store) ?? ((run) => run());
    return await alone(async () => {
      const session = this.store.load();
      if (session === null)
        throw new GoChatError("AUTH_FAILED", "nobody is logged in");
      if (session.accessToken !== refused) {
        this.#schedule();
        return session.accessToken;
      }
      const { status, body } = await this.#refresh(session.refreshToken);
      const now = this.store.load();
      if (now?.refreshToken !== session.refreshToken) {
        if (now === null)
          throw new GoChatError("AUTH_FAILED", "nobody is logged in");
        return now.accessToken;
      }
      if (body.data !== void 0) {
        this.adopt(body.data);
        this.emit("renewed", void 0);
        return body.data.accessToken;
      }
      if (body.code === "AUTH_FAILED")
        this.adopt(null);
      throw new GoChatError(body.code, body.message, {}, status);
    });
  }
  async #refresh(refreshToken) {
    const headers = { "Content-Type": "application/json", ...this.#languageHeader() };
    const request = { method: "POST", headers, body: JSON.stringify({ refreshToken }) };
    try {
      const response = await this.send(`${this.url}/auth/refresh`, { ...request, signal: AbortSignal.timeout(ANSWER_MS) });
      const body = await response.json();
      if (body.data === void 0 && typeof body.code !== "string")
        throw new TypeError("no answer of a GoChat server");
      return { status: response.status, body };
    } catch (error) {
      throw new ConnectionLost("POST /auth/refresh: no answer", { cause: error });
    }
  }
  /** Sends a request with the token; once more with another when this one is refused. */
  async #fetch(request) {
    for (const [name, value] of Object.entries(this.#languageHeader()))
      request.headers.set(name, value);
    const path = new URL(request.url).pathname.slice(new URL(this.url).pathname.replace(/\/$/, "").length);
    const send = async (each) => await this.send(each, { signal: AbortSignal.any([each.signal, AbortSignal.timeout(ANSWER_MS)]) });
    if (OPEN_OPERATIONS.has(`${request.method} ${path}`))
      return await send(request);
    const again = request.clone();
    const token = await this.access();
    request.headers.set("Authorization", `Bearer ${token}`);
    const response = await send(request);
    if (response.status !== 401)
      return response;
    again.headers.set("Authorization", `Bearer ${await this.renew(token)}`);
    return await send(again);
  }
  #languageHeader() {
    return this.language === void 0 ? {} : { "Accept-Language": this.language };
  }
  /** Renews in time, while the process has something else to live for. */
  #schedule() {
    clearTimeout(this.#timer);
    const session = this.store.load();
    if (session === null)
      return;
    const margin = Math.min(session.expiresIn * 1e3 * MARGIN, MARGIN_MAX_MS);
    const waitMs = Math.min(Math.max(session.expiresAt - margin - Date.now(), 0), TIMER_MAX_MS);
    this.#wakeIn(waitMs, () => {
      this.renew(session.accessToken).catch(() => {
        if (this.store.load() !== null)
          this.#wakeIn(RETRY_MS, () => this.#schedule());
      });
    });
  }
  #wakeIn(waitMs, run) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(run, waitMs);
    this.#timer.unref?.();
  }
};

// dist/connection.js
var RECONNECT_CAPS_S = [1, 2, 4, 8, 15, 30];
var PING_EVERY_MS = 3e4;
var SILENCE_MS = 1e4;
var NORMAL = 1e3;
var ABNORMAL = 1006;
var AUTH_FAILED = 4401;
var Connection = class {
  url;
  ping;
  tokens;
  owner;
  Socket;
  capsS;
  state = { status: "idle" };
  #isWanted = false;
  #attempt = 0;
  #socket = null;
  /** The one socket that counts: events of earlier ones are dropped. */
  #turn = 0;
  #token = "";
  #hasRenewed = false;
  #retryTimer;
  #pingTimer;
  #silenceTimer;
  /**
   * @param url The socket's address, without a query.
   * @param ping The text of a ping frame.
   * @param capsS The longest wait before each attempt in seconds; the last one holds for all that follow.
   */
  constructor(url, ping, tokens, owner, Socket, capsS = RECONNECT_CAPS_S) {
    this.url = url;
    this.ping = ping;
    this.tokens = tokens;
    this.owner = owner;
    this.Socket = Socket;
    this.capsS = capsS;
    this.#watchPlatform();
  }
  get isOpen() {
    return this.#socket !== null && this.#socket.readyState === 1;
  }
  /** Connects and stays connected until `close`, or until the server says not to come back. */
  connect() {
    const isUnderWay = this.state.status === "open" || this.state.status === "connecting";
    this.#isWanted = true;
    if (!isUnderWay) {
      this.#attempt = 0;
      this.#hasRenewed = false;
      void this.#open();
    }
  }
  /** Ends the connection for good. */
  close() {
    this.#isWanted = false;
    const socket = this.#drop();
    socket?.close(NORMAL);
    if (this.state.status !== "idle")
      this.#change({ status: "closed", code: NORMAL, name: CLOSE_CODES[NORMAL]?.name ?? "" });
  }
  /** Sends a text; the caller has seen `isOpen`. */
  send(text) {
    this.#socket?.send(text);
  }
  /** Says that this connection works: a pong came. The next waits are short again. */
  proved() {
    this.#attempt = 0;
    this.#hasRenewed = false;
  }
  /** Moves to a new connection with a new token while the old token is still good. Nobody sees the user go offline. */
  moveOver() {
    if (this.state.status !== "open")
      return;
    const old = this.#drop();
    this.owner.lost(NORMAL);
    void this.#open(old);
  }
  /** Asks for a sign of life now; without one the connection is taken for dead. */
  probe() {
    if (!this.isOpen)
      return;
    this.send(this.ping);
    this.#expectLife();
  }
  /** Takes the connection for dead unless something comes within `SILENCE_MS`. */
  #expectLife() {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => {
      const dead = this.#drop();
      dead?.close();
      this.#ended(ABNORMAL);
    }, SILENCE_MS);
  }
  async #open(old = null) {
    const turn = ++this.#turn;
    clearTimeout(this.#retryTimer);
    if (old === null)
      this.#change({ status: "connecting", attempt: this.#attempt });
    try {
      this.#token = await this.tokens.access();
      await this.owner.prepare();
    } catch (error) {
      old?.close(NORMAL);
      if (turn === this.#turn)
        this.#refused(error);
      return;
    }
    if (turn !== this.#turn) {
      old?.close(NORMAL);
      return;
    }
    const socket = new this.Socket(`${this.url}?token=${encodeURIComponent(this.#token)}`);
    this.#socket = socket;
    this.#expectLife();
    const isCurrent = () => turn === this.#turn;
    socket.onopen = () => {
      old?.close(NORMAL);
      if (!isCurrent())
        return socket.close(NORMAL);
      this.#change({ status: "open" });
      this.probe();
      this.#pingTimer = setInterval(() => this.probe(), PING_EVERY_MS);
      this.owner.opened();
    };
    socket.onmessage = (event) => {
      if (!isCurrent())
        return;
      clearTimeout(this.#silenceTimer);
      if (typeof event.data === "string")
        this.owner.received(event.data);
    };
    socket.onerror = () => void 0;
    socket.onclose = (event) => {
      old?.close(NORMAL);
      if (!isCurrent())
        return;
      this.#drop();
      this.#ended(event.code);
    };
  }
  /** Takes the socket out of use, and returns it. */
  #drop() {
    this.#turn += 1;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#pingTimer);
    clearTimeout(this.#silenceTimer);
    const socket = this.#socket;
    this.#socket = null;
    return socket;
  }
  #ended(code) {
    this.owner.lost(code);
    if (!this.#isWanted)
      return;
    const rule = CLOSE_CODES[code];
    if (code === AUTH_FAILED && !this.#hasRenewed) {
      void this.#renew();
    } else if (rule !== void 0 && !rule.reconnect) {
      this.#end(code);
    } else {
      this.#wait();
    }
  }
  /** Not again with this token: one try with another. */
  async #renew() {
    const turn = this.#turn;
    this.#hasRenewed = true;
    this.#change({ status: "connecting", attempt: this.#attempt });
    try {
      await this.tokens.renew(this.#token);
    } catch (error) {
      if (turn === this.#turn)
        this.#refused(error);
      return;
    }
    if (turn === this.#turn)
      void this.#open();
  }
  #refused(error) {
    if (error instanceof GoChatError && error.code === "AUTH_FAILED")
      this.#end(AUTH_FAILED);
    else
      this.#wait();
  }
  #end(code) {
    this.#isWanted = false;
    this.#change({ status: "closed", code, name: CLOSE_CODES[code]?.name ?? "" });
  }
  #wait() {
    if (isOffline()) {
      this.#change({ status: "offline" });
      return;
    }
    const cap = this.capsS[Math.min(this.#attempt, this.capsS.length - 1)] ?? 0;
    const waitMs = Math.random() * cap * 1e3;
    this.#attempt += 1;
    this.#change({ status: "waiting", attempt: this.#attempt, retryAt: Date.now() + waitMs });
    this.#retryTimer = setTimeout(() => void this.#open(), waitMs);
  }
  #change(state) {
    this.state = state;
    this.owner.stateChanged(state);
  }
  /** In a browser: what the network and the page's visibility say. Elsewhere there are no such events. */
  #watchPlatform() {
    const platform = globalThis;
    if (typeof platform.addEventListener !== "function" || platform.document === void 0)
      return;
    const retryNow = () => {
      if (this.state.status === "waiting" || this.state.status === "offline")
        void this.#open();
      else
        this.probe();
    };
    platform.addEventListener("online", retryNow);
    platform.addEventListener("offline", () => {
      if (this.state.status === "waiting") {
        clearTimeout(this.#retryTimer);
        this.#change({ status: "offline" });
      } else
        this.probe();
    });
    const page = platform.document;
    page.addEventListener("visibilitychange", () => {
      if (page.visibilityState === "visible")
        retryNow();
    });
  }
};
function isOffline() {
  const platform = globalThis.navigator;
  return platform?.onLine === false;
}

// dist/pace.js
var SHARE = 0.95;
var Pace = class {
  #perS;
  #burst;
  #tokens;
  #at = Date.now();
  /**
   * @param perS Sends a second in the long run; 0: no limit.
   * @param burst Sends at once after a pause.
   */
  constructor(perS, burst) {
    this.#perS = perS * SHARE;
    this.#burst = burst * SHARE;
    this.#tokens = this.#burst;
  }
  /** Returns the milliseconds until a send may go; 0: now. */
  waitMs() {
    if (this.#perS === 0)
      return 0;
    const now = Date.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(now - this.#at, 0) * this.#perS / 1e3);
    this.#at = now;
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) * 1e3 / this.#perS);
  }
  /** Counts a send. */
  spend() {
    this.#tokens -= 1;
  }
};

// dist/ids.js
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// dist/pointer.js
function at(value, pointer) {
  return pointer.split("/").slice(1).reduce((inner, name) => {
    const isObject = typeof inner === "object" && inner !== null && Object.hasOwn(inner, name);
    return isObject ? inner[name] : void 0;
  }, value);
}
function pointerWith(value, pointer, make) {
  const [name = "", ...rest] = pointer.split("/").slice(1);
  const inner = value[name];
  if (rest.length === 0)
    return { ...value, [name]: inner ?? make() };
  return { ...value, [name]: pointerWith(inner ?? {}, `/${rest.join("/")}`, make) };
}

// dist/frame_socket.js
var TOO_LARGE_CLOSE = 1009;
var RETRIES = 5;
var FrameSocket = class extends Emitter {
  #connection;
  #pace;
  /** By correlation id, in the order in which they were asked for. */
  #pending = /* @__PURE__ */ new Map();
  /** Requests without an id, by the type that answers them: answers come in order. */
  #asked = /* @__PURE__ */ new Map();
  #posted = [];
  #holdUntil = 0;
  #pumpTimer;
  constructor(options) {
    super();
    this.#pace = new Pace(options.messagesPerS, LIMITS.messageBurst);
    const ping = JSON.stringify({ type: "ping" });
    this.#connection = new Connection(options.url, ping, options.tokens, {
      prepare: () => this.prepare(),
      stateChanged: (state) => this.#stateChanged(state),
      opened: () => this.#opened(),
      lost: (code) => this.#lost(code),
      received: (text) => this.#received(text)
    }, options.Socket, options.reconnectCapsS);
  }
  get state() {
    return this.#connection.state;
  }
  /** Connects, and stays connected until `close` or a close code that is terminal. Called again, it tries at once. */
  connect() {
    this.#connection.connect();
  }
  /** Ends the connection. What is unanswered rejects with ConnectionLost; it may have been done all the same. */
  close() {
    this.#connection.close();
    this.#giveUp("the socket was closed");
  }
  /** Asks for a sign of life now; a connection without one for 10 s is given up. It does so by itself every 30 s. */
  probe() {
    this.#connection.probe();
  }
  /** Goes over to a connection with a new token. */
  moveOver() {
    this.#connection.moveOver();
  }
  /** Called, and waited for, before each attempt to connect; when it rejects, the attempt has failed. */
  async prepare() {
  }
  /** Sends a frame that carries an id, until it is answered; an id that is missing is made. */
  request(type, data) {
    const pointer = CLIENT_FRAMES[type].correlation;
    const whole = pointerWith({ data }, pointer, () => newId());
    const id = String(at(whole, pointer));
    const text = JSON.stringify({ type, data: whole.data });
    if (LIMITS.maxFrameBytes > 0 && new TextEncoder().encode(text).length > LIMITS.maxFrameBytes) {
      return Promise.reject(new GoChatError("MESSAGE_TOO_LARGE", `a frame has at most ${LIMITS.maxFrameBytes} bytes`));
    }
    if (this.state.status === "closed")
      return Promise.reject(new ConnectionLost("the socket is closed: connect first"));
    if (this.#pending.has(id))
      return Promise.reject(new GoChatError("CLIENT_MSG_ID_CONFLICT", `${id} is under way`));
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        type,
        data: whole.data,
        text,
        isSent: false,
        tries: 0,
        reject,
        resolve: (reply) => resolve(reply)
      });
      this.#pump();
    });
  }
  /** Sends a frame whose answer has no id: answers come in order. Rejects with ConnectionLost without a connection. */
  ask(type, data) {
    if (!this.#connection.isOpen)
      return Promise.reject(new ConnectionLost("not connected"));
    const answer2 = CLIENT_FRAMES[type].replies.find((name) => name !== "error");
    const asked = this.#asked.get(answer2) ?? [];
    this.#asked.set(answer2, asked);
    return new Promise((resolve, reject) => {
      asked.push({ resolve: (reply) => resolve(reply), reject });
      this.#connection.send(JSON.stringify(data === void 0 ? { type } : { type, data }));
    });
  }
  /** Sends a frame that is not answered when it succeeds; kept until there is a connection. */
  post(type, data) {
    const text = JSON.stringify(data === void 0 ? { type } : { type, data });
    if (this.#connection.isOpen)
      this.#connection.send(text);
    else
      this.#posted.push(text);
  }
  #stateChanged(state) {
    if (state.status === "closed")
      this.#giveUp(`the socket was closed: ${state.code} ${state.name}`);
    this.#emit("state", state);
  }
  /** Nobody will answer any more: nothing waits for it. */
  #giveUp(why) {
    const lost = new ConnectionLost(why);
    for (const pending of [...this.#pending.values()])
      pending.reject(lost);
    for (const asked of this.#asked.values())
      for (const each of asked.splice(0))
        each.reject(lost);
    this.#pending.clear();
    this.#posted = [];
  }
  #opened() {
    for (const text of this.#posted.splice(0))
      this.#connection.send(text);
    this.#pump();
    this.#emit("opened", void 0);
  }
  #lost(code) {
    const culprit = code === TOO_LARGE_CLOSE ? this.#largestSent() : void 0;
    for (const pending of this.#pending.values())
      pending.isSent = false;
    for (const asked of this.#asked.values()) {
      for (const each of asked.splice(0))
        each.reject(new ConnectionLost(`the connection ended with ${code}`));
    }
    if (culprit !== void 0)
      this.#fail(culprit, new GoChatError("MESSAGE_TOO_LARGE", "the frame is too large"));
  }
  /** The frame for which the server closed: the largest of those that it has not answered. */
  #largestSent() {
    const sent = [...this.#pending].filter(([, pending]) => pending.isSent);
    return sent.sort(([, one], [, other]) => other.text.length - one.text.length)[0]?.[0];
  }
  /** Sends what waits, in order, as fast as the rate allows. */
  #pump() {
    clearTimeout(this.#pumpTimer);
    if (!this.#connection.isOpen)
      return;
    for (const pending of this.#pending.values()) {
      if (pending.isSent)
        continue;
      const waitMs = Math.max(this.#holdUntil - Date.now(), this.#pace.waitMs());
      if (waitMs > 0) {
        this.#pumpTimer = setTimeout(() => this.#pump(), waitMs);
        return;
      }
      this.#pace.spend();
      pending.isSent = true;
      this.#connection.send(pending.text);
    }
  }
  #received(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (!Object.hasOwn(SERVER_FRAMES, frame.type))
      return;
    const id = this.#correlation(frame);
    if (frame.type === "error")
      this.#failed(id, frame.data);
    else if (id !== void 0)
      this.#answered(id, frame);
    else
      this.#asked.get(frame.type)?.shift()?.resolve(frame.data);
    if (frame.type === "pong")
      this.#connection.proved();
    this.#emit(frame.type, frame.data);
    this.#emit("frame", frame);
  }
  #correlation(frame) {
    const pointer = SERVER_FRAMES[frame.type].correlation;
    const value = pointer === null ? void 0 : at(frame, pointer);
    return typeof value === "string" ? value : void 0;
  }
  #answered(id, frame) {
    const pending = this.#pending.get(id);
    if (pending === void 0)
      return;
    this.#pending.delete(id);
    this.#emit("answered", { type: pending.type, data: pending.data, reply: frame.data ?? {} });
    pending.resolve(frame.data ?? {});
  }
  #failed(id, data) {
    const pending = id === void 0 ? void 0 : this.#pending.get(id);
    if (id === void 0 || pending === void 0)
      return;
    const error = new GoChatError(data.code, data.message, data.details);
    const isRate = data.code === "RATE_LIMITED";
    if (isRate || error.retryable && pending.tries < RETRIES) {
      const asked = Number(error.details["retryAfterMs"] ?? 1e3 * 2 ** pending.tries);
      this.#holdUntil = Math.max(this.#holdUntil, Date.now() + asked);
      pending.tries += isRate ? 0 : 1;
      pending.isSent = false;
      this.#pump();
    } else {
      this.#fail(id, error);
    }
  }
  #fail(id, error) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(error);
  }
  /** The events of this class, which every `Events` has. */
  #emit(name, value) {
    this.emit(name, value);
  }
};

// dist/timeline.js
var PAGE = 100;
var RETRY_MS2 = 1e3;
function fromHistory(message) {
  const { senderId, sender, ...rest } = message;
  return { ...rest, sender: { ...sender, id: senderId, username: sender?.username ?? "" } };
}
var Timeline = class {
  api;
  deliver;
  #streams = /* @__PURE__ */ new Map();
  /** Counts the connections; what a former one began, the next does again. */
  #turn = 0;
  #isRunning = false;
  /** Whether the list of this connection is here; before it, an unknown conversation may have older messages. */
  #isListed = false;
  #hasBegun = false;
  constructor(api, deliver) {
    this.api = api;
    this.deliver = deliver;
  }
  /** Forgets everything: somebody else logs in. */
  clear() {
    this.stop();
    this.#streams.clear();
    this.#hasBegun = false;
  }
  /** Ends what is under way: there is no connection any more, and none is wanted. */
  stop() {
    this.#turn += 1;
    this.#isRunning = false;
    this.#isListed = false;
  }
  /** Notes where every conversation stands: what follows is delivered. To be called before the first connection. */
  async begin() {
    if (this.#hasBegun)
      return;
    const turn = this.#turn;
    let conversations = [];
    try {
      conversations = await this.#list();
    } catch (error) {
      if (!isFinal(error) || error.code === "AUTH_FAILED")
        throw error;
    }
    if (turn !== this.#turn)
      return;
    this.#hasBegun = true;
    for (const { id, lastMessage } of conversations)
      this.#stream(id).position ??= lastMessage?.seqId ?? 0;
  }
  /** Takes a message that came, in any order, any number of times. */
  receive(message) {
    const stream = this.#hear(message.conversationId, message.seqId);
    if (stream.position !== void 0 && message.seqId <= stream.position)
      return;
    stream.held.set(message.seqId, { ...stream.held.get(message.seqId), ...message });
    this.#drain(message.conversationId, stream);
  }
  /** Takes the news that there is such a message, and fetches it. */
  expect(conversationId, seqId) {
    const stream = this.#hear(conversationId, seqId);
    if (stream.position !== void 0 && seqId > stream.position)
      void this.#fetch(conversationId, stream);
  }
  /** Fetches what was missed; resolves with whether it got through all of it. To be called on each new connection. */
  async catchUp() {
    const turn = ++this.#turn;
    this.#isRunning = true;
    this.#isListed = false;
    const conversations = await this.#listPatiently(turn);
    if (turn !== this.#turn)
      return false;
    this.#isListed = true;
    const behind = [];
    for (const conversation of conversations ?? []) {
      const stream = this.#stream(conversation.id);
      const last = conversation.lastMessage?.seqId ?? 0;
      stream.known = Math.max(stream.known, last);
      const unread = conversation.unreadCount ?? 0;
      stream.position ??= Math.max(0, Math.min(last - unread, stream.lowest - 1));
    }
    for (const [id, stream] of [...this.#streams]) {
      if (stream.position === void 0 && stream.lowest < Infinity)
        stream.position = stream.lowest - 1;
      this.#drain(id, stream);
      if (stream.position !== void 0 && stream.position < stream.known)
        behind.push(this.#fetch(id, stream));
    }
    await Promise.all(behind);
    return turn === this.#turn && conversations !== null;
  }
  #stream(id) {
    const fresh = { position: void 0, known: 0, lowest: Infinity, held: /* @__PURE__ */ new Map(), fetching: null };
    const stream = this.#streams.get(id) ?? fresh;
    this.#streams.set(id, stream);
    return stream;
  }
  /** Notes that a message exists. */
  #hear(id, seqId) {
    const stream = this.#stream(id);
    stream.known = Math.max(stream.known, seqId);
    stream.lowest = Math.min(stream.lowest, seqId);
    if (stream.position === void 0 && this.#isListed)
      stream.position = seqId - 1;
    return stream;
  }
  #isCurrent(id, stream) {
    return this.#streams.get(id) === stream;
  }
  /** Delivers what follows on what was delivered; fetches what is missing before the rest. */
  #drain(id, stream) {
    while (stream.position !== void 0 && this.#isCurrent(id, stream)) {
      const next = stream.held.get(stream.position + 1);
      if (next === void 0)
        break;
      stream.held.delete(next.seqId);
      stream.position = next.seqId;
      this.deliver(next);
    }
    const { position } = stream;
    if (position === void 0 || !this.#isCurrent(id, stream))
      return;
    for (const seqId of stream.held.keys())
      if (seqId <= position)
        stream.held.delete(seqId);
    if (stream.held.size > 0)
      void this.#fetch(id, stream);
  }
  #fetch(id, stream) {
    if (!this.#isRunning)
      return Promise.resolve();
    stream.fetching ??= this.#fetchAll(id, stream);
    return stream.fetching;
  }
  async #fetchAll(id, stream) {
    const isWanted = () => this.#isRunning && this.#isCurrent(id, stream);
    while ((stream.position ?? 0) < stream.known && isWanted()) {
      try {
        const page = await this.api.listMessages(id, { after: stream.position ?? 0, limit: PAGE });
        for (const message of page.messages)
          if (isWanted())
            this.receive(fromHistory(message));
        if (page.messages.length === 0)
          await wait(RETRY_MS2);
      } catch (error) {
        if (isFinal(error)) {
          if (this.#isCurrent(id, stream))
            this.#streams.delete(id);
          return;
        }
        await wait(RETRY_MS2);
      }
    }
    stream.fetching = null;
  }
  async #list() {
    const all = /* @__PURE__ */ new Map();
    for (let page = 1, hasMore = true; hasMore; page += 1) {
      const answer2 = await this.api.listConversations({ page, size: PAGE });
      for (const conversation of answer2.conversations)
        all.set(conversation.id, conversation);
      hasMore = answer2.hasMore;
    }
    return [...all.values()];
  }
  /** Returns all conversations; null: there is no getting them. Stops when a later connection does it. */
  async #listPatiently(turn) {
    while (turn === this.#turn) {
      try {
        return await this.#list();
      } catch (error) {
        if (isFinal(error))
          return null;
        await wait(RETRY_MS2);
      }
    }
    return null;
  }
  /** Takes one's own message, which is on disk now; nobody pushes it to the connection that sent it. */
  receiveOwn(user, sent, ack) {
    const { client_msg_id: clientMsgId, ...said } = sent;
    const { messageId: id, seqId, createdAt } = ack;
    this.receive({ ...said, id, seqId, createdAt, clientMsgId, sender: senderOf(user) });
  }
};
function senderOf(user) {
  const { id, username, avatarUrl } = user;
  return avatarUrl === void 0 ? { id, username } : { id, username, avatarUrl };
}
function isFinal(error) {
  return error instanceof GoChatError && !error.retryable;
}
async function wait(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

// dist/socket.js
var GoChatSocket = class extends FrameSocket {
  #timeline;
  /** @param user Who is logged in. */
  constructor(options, api, user) {
    super(options);
    this.#timeline = new Timeline(api, (message) => this.emit("message", message));
    this.on("new-message", (message) => {
      if (message.sender.id === user()?.id)
        this.#timeline.expect(message.conversationId, message.seqId);
      else
        this.#timeline.receive(message);
    });
    this.on("answered", ({ type, data, reply }) => {
      const self = user();
      if (type === "send-message" && self !== null) {
        this.#timeline.receiveOwn(self, data, reply);
      }
    });
    this.on("opened", () => {
      this.#timeline.catchUp().then((isDone) => isDone && this.emit("synced", void 0), () => void 0);
    });
  }
  async prepare() {
    await this.#timeline.begin();
  }
  close() {
    super.close();
    this.#timeline.stop();
  }
  /** Forgets which messages were delivered: somebody else logs in. */
  forget() {
    this.#timeline.clear();
  }
  /**
   * Sends a message, exactly once, however often the connection breaks on the way.
   *
   * Resolves when it is on disk; waits while there is no connection. Rejects with GoChatError when the server refuses
   * it, and with ConnectionLost when the socket is closed: it may have been sent all the same.
   *
   * @param options `messageType`: 1 text (the default), 2 image, 3 file. `clientMsgId`: made where it is not given.
   */
  async send(conversationId, content, options = {}) {
    const { messageType = 1, clientMsgId } = options;
    const id = clientMsgId === void 0 ? {} : { client_msg_id: clientMsgId };
    return await this.sendMessage({ conversationId, content, messageType, ...id });
  }
  /**
   * Stores a message and pushes it to the members who are online.
   *
   * Answered by a `message-ack` once the message is on disk, or by an `error`; both carry the `client_msg_id`.
   *
   * *Who*: any member of the conversation; guests in the world chat only. Errors of the state, in this order:
   * CONVERSATION_NOT_FOUND, FORBIDDEN, CLIENT_MSG_ID_CONFLICT.
   *
   * *Idempotent for ever*: the same `client_msg_id` from the same sender with the same `conversationId`,
   * `messageType` and `content` gives the same `messageId` and `seqId` again and is not pushed again, even after the
   * sender has left or the group is gone. With another body it is CLIENT_MSG_ID_CONFLICT. The ids are shared with
   * `POST /conversations/{conversationId}/messages` and run over all conversations of the sender.
   *
   * *Pushed* as `new-message` to every member who is online, but not to the connection that sent it.
   *
   * *Read pointer*: sending does not move it.
   *
   * *Rate*: 20 messages/s a user with a burst of 40, over HTTP and WebSocket together, repeats counted; then
   * RATE_LIMITED with `details.retryAfterMs`. 100 refused frames on one connection without a pause of 2 s close it
   * with 4429.
   *
   * *Too large*: `content` over 4000 code points that is otherwise fine is MESSAGE_TOO_LARGE and the socket stays; a
   * frame over the limit of bytes is MESSAGE_TOO_LARGE and the close with 1009.
   */
  sendMessage(data) {
    return this.request("send-message", data);
  }
  /**
   * Answered by a pong.
   *
   * To be sent every 30 s, whatever else is sent. A WebSocket control frame counts as a sign of life too, but a browser
   * cannot send one. The pong comes after everything that this connection sent before has been done and answered, so a
   * client can tell by it that a `mark-read`, which is not answered when it succeeds, has had its effect.
   */
  ping(data) {
    return this.ask("ping", data);
  }
  /**
   * Moves the read pointer of a conversation forward.
   *
   * Not answered when it succeeds; answered by an `error` when it fails (CONVERSATION_NOT_FOUND, then FORBIDDEN for
   * who is not a member). A `seqId` past the end is taken as the last one; one that is behind the pointer succeeds
   * and changes nothing. `PUT /conversations/{conversationId}/read` does the same and tells what is left to read.
   */
  markRead(data) {
    this.post("mark-read", data);
  }
};

// dist/client.js
var GoChat = class extends Emitter {
  /** A method for each operation of the HTTP API. */
  api;
  socket;
  #session;
  constructor(options = {}) {
    super();
    const url = (options.url ?? globalThis.location?.origin)?.replace(/\/+$/, "");
    if (url === void 0)
      throw new TypeError("GoChat needs the server's url outside of a page");
    const send = options.fetch ?? ((...request) => fetch(...request));
    const Socket = options.WebSocket ?? globalThis.WebSocket;
    if (Socket === void 0)
      throw new TypeError("there is no WebSocket here: give one as the option WebSocket");
    this.#session = new Session(`${url}${BASE_PATH}`, options.store ?? memoryStore(), options.language, send);
    this.api = new GoChatApi(this.#session.http);
    const messagesPerS = options.messagesPerS ?? LIMITS.messagesPerS;
    const address = `${url.replace(/^http/, "ws")}${SOCKET_PATH}`;
    const tokens = this.#session;
    const { reconnectCapsS } = options;
    const settings = { url: address, tokens, Socket, messagesPerS, reconnectCapsS };
    this.socket = new GoChatSocket(settings, this.api, () => this.user);
    this.#session.on("renewed", () => this.socket.moveOver());
    this.#session.on("user", (user) => this.emit("user", user));
  }
  /** Who is logged in; null: nobody. */
  get user() {
    return this.#session.user;
  }
  /** Makes an account and logs in. */
  async register(username, password) {
    await this.api.register({ username, password });
    return await this.login(username, password);
  }
  /** Logs in. */
  async login(username, password) {
    return this.#enter(await this.api.login({ username, password }));
  }
  /** Enters as a guest, who sees and uses the world chat only. */
  async guest() {
    return this.#enter(await this.api.guestLogin({}));
  }
  /** Closes the socket and ends the login, here in any case and at the server if it can be reached. */
  async logout() {
    this.socket.close();
    this.socket.forget();
    try {
      if (this.user !== null)
        await this.api.logout();
    } catch (error) {
      if (!(error instanceof GoChatError && error.code === "AUTH_FAILED"))
        throw error;
    } finally {
      this.#session.adopt(null);
    }
  }
  #enter(session) {
    this.socket.close();
    this.socket.forget();
    this.#session.adopt(session);
    return session.user;
  }
};
export {
  CLOSE_CODES,
  ConnectionLost,
  ERRORS,
  GoChat,
  GoChatApi,
  GoChatError,
  GoChatSocket,
  LIMITS,
  RECONNECT_CAPS_S,
  VERSION,
  fromHistory,
  localStore,
  memoryStore
};
