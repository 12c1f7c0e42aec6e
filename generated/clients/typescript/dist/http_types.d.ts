/** Types, by openapi-typescript. Written by `gochat generate`: change the spec, not this file. */
export interface paths {
    "/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register an account
         * @description Makes an account and joins it to the world chat. Names are unique without regard to case and are shown as
         *     registered: a name that differs from another in case only is 409 USERNAME_TAKEN. Does not log in; `login` does.
         *     Limited to 60 a minute an address, together with `login` and `guestLogin`.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in
         * @description Starts a login of its own, beside those that there are. The name is matched without regard to case. An unknown name
         *     and a wrong password are the same 401 INVALID_CREDENTIALS. The bounds of registration hold here too: a password of
         *     seven characters is 400. Limited to 60 a minute an address, together with `register` and `guestLogin`, and to
         *     10 failed logins a minute an account.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/guest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Come in as a guest
         * @description Makes a guest account with a name that the server chooses, joins it to the world chat, and logs it in. A guest sees
         *     and uses the world chat only; search does not find him, and nobody can open a single chat with him, add him to a
         *     group or ask him to be a friend. The body may be left out or be `{}`. Limited to 60 a minute an
         *     address, together with `register` and `login`.
         */
        post: operations["guestLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log out
         * @description Ends the login of the token that is used: its access and refresh tokens are AUTH_FAILED from now on, and the socket
         *     that was opened under it gets an error frame and is closed with 4401. Other logins of the same user stay.
         *     There is no body; one that is sent is ignored.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get new tokens
         * @description Takes a refresh token and gives a new pair. The old refresh token is spent; the old access token stays valid until
         *     it expires. A refresh token that is used a second time revokes the whole login, the tokens that came after it
         *     included, and closes its socket with 4401. A refresh token that is unknown, spent, expired or revoked is 401
         *     AUTH_FAILED. Needs no access token.
         */
        post: operations["refreshSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look at one's own account
         * @description The account that the token belongs to. Guests too.
         */
        get: operations["getProfile"];
        /**
         * Change one's own picture
         * @description Sets the address of one's picture. A guest cannot (403).
         */
        put: operations["updateProfile"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find accounts by the start of their name
         * @description Accounts whose name starts with `q`, without regard to case, sorted by the lower-case name. Oneself is found too,
         *     guests are not. A guest cannot search (403).
         */
        get: operations["searchUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List one's conversations
         * @description The conversations that one is in, the world chat among them, by `updatedAt` in whole seconds, newest first, then
         *     by id ascending. Messages and edits move `updatedAt`, changes of membership do not. Pages may shift as
         *     messages arrive: a client drops repeats by id. A guest sees the world chat only.
         */
        get: operations["listConversations"];
        put?: never;
        /**
         * Open a single chat or a group
         * @description A *single chat* (type 1) needs exactly one other user in `members`, once oneself and duplicates are dropped; else it
         *     is 400 (pointer `/members`, rule `not`). `name` and `description` are ignored. There is one for each pair: where
         *     it exists already the answer is 200 with that one, else 201. Whoever opens it joined first; where it was opened
         *     by a friendship, that is who asked for it.
         *
         *     A *group* (type 2) needs a `name` (else 400, pointer `/name`, rule `required`). Oneself and duplicates in `members`
         *     are ignored, an empty list is fine. Whoever creates it is the owner and joined first, all others are members and
         *     joined in the order in which they are named. One unknown id is 404 and nothing is made. With more than 500 in
         *     it, the owner included, it is 400: rule `maxItems` where the list itself is longer than 500, else `not`, both at
         *     `/members`.
         *
         *     Errors of the state, in this order: one is a guest (403), an id in `members` is unknown (404 USER_NOT_FOUND), one
         *     of them is a guest's (403).
         */
        post: operations["createConversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/conversations/{conversationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look at a conversation and its members
         * @description The conversation with all its members, by joining, oldest first. For the world chat `members` is left out.
         *     Who is not a member gets 403; a guest is a member of the world chat only.
         */
        get: operations["getConversation"];
        /**
         * Edit a group
         * @description Changes the name, the picture or the description of a group; what is left out stays, and at least one is
         *     needed (400, pointer `""`, rule `minProperties`). For admins and the owner; anybody else, and everybody on a single chat
         *     or the world chat, gets 403. Moves `updatedAt`.
         */
        put: operations["updateConversation"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/conversations/{conversationId}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read history
         * @description Newest first, or oldest first where `after` is given. `cursor` asks for messages older than that `seqId`, `after` for
         *     newer ones; both at once is 400 (pointer `/query/after`, rule `not`), neither is the newest page. `nextCursor` is the
         *     last `seqId` of the page as sorted, left out on an empty page; give it as `cursor`, or as `after`, to go on in the same
         *     direction. Nothing is repeated or skipped while messages arrive. To catch up after a lost connection, start with
         *     `after` set to the last `seqId` that one has, 0 for none, and go on until `hasMore` is false.
         *
         *     Members only (403). A new member sees all older history.
         */
        get: operations["listMessages"];
        put?: never;
        /**
         * Send a message
         * @description Stores the message, answers once it is on disk, and pushes it as `new-message` to every member who is online, the
         *     sender's own socket included. Any member may send; a guest in the world chat only.
         *
         *     *Idempotent for ever* with a `client_msg_id`: the same id from the same sender with the same conversation,
         *     `messageType` and `content` gives the first answer again (201, the same id and `seqId`) and is not pushed again,
         *     even after the sender has left or the group is gone. With another body it is 409 CLIENT_MSG_ID_CONFLICT. The
         *     ids are shared with the frame `send-message` and run over all conversations of the sender. Without an id a
         *     repeat is a second message.
         *
         *     `content` that breaks nothing but its maxLength (4000 code points) is 413, whatever else is wrong with the body, as
         *     is a body over the limit of bytes; content that breaks another keyword too is 400. Sending does not move the read pointer.
         *
         *     Limited to 20 messages/s a user with a burst of 40, over HTTP and WebSocket together, repeats counted.
         *
         *     Errors of the state, in this order: CONVERSATION_NOT_FOUND, FORBIDDEN, CLIENT_MSG_ID_CONFLICT.
         */
        post: operations["sendMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/conversations/{conversationId}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Mark as read
         * @description Moves the read pointer forward to `seqId` and tells what is left to read: messages above the pointer that others
         *     sent. A `seqId` past the end is taken as the last one; one that is behind the pointer succeeds and changes nothing.
         *     Members only (403). The frame `mark-read` does the same.
         */
        put: operations["markRead"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/conversations/{conversationId}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the members
         * @description By joining, oldest first. Members only (403). The members of the world chat are not listed: 403.
         */
        get: operations["listMembers"];
        put?: never;
        /**
         * Add members to a group
         * @description For admins and the owner of a group. Oneself and duplicates are ignored (a list of oneself adds nobody: 201 with
         *     no members); an empty list is 400. Whoever is a
         *     member already comes back unchanged. One unknown id is 404 and nobody is added. New members join in the order in
         *     which they are named, have role 1, see all older history, and have their read pointer at the last `seqId`. A group that would have more than 500 members is 400 (pointer
         *     `/members`, rule `not`) and nobody is added.
         *
         *     Errors of the state, in this order: CONVERSATION_NOT_FOUND, not a member, not an admin or not a group (403),
         *     USER_NOT_FOUND, a guest among those to add (403), too many (400).
         */
        post: operations["addMembers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/conversations/{conversationId}/members/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give a member another role
         * @description For the owner of a group. Role 3 hands the ownership over, and the old owner becomes an admin. An owner cannot
         *     demote himself (403): he hands over instead; giving himself role 3 changes nothing. Who is not in the group is
         *     404 USER_NOT_FOUND. On a single chat or the world chat it is 403.
         *
         *     Errors of the state, in this order: CONVERSATION_NOT_FOUND, not a group, not a member or not the owner (403),
         *     USER_NOT_FOUND, the owner who would demote himself (403).
         */
        put: operations["updateMember"];
        post?: never;
        /**
         * Remove a member, or leave
         * @description With one's own id: leave the group. An owner who leaves is followed by the admin who joined first, else by the member
         *     who joined first; the last one to leave dissolves the group. With another's id: admins remove members, and only the
         *     owner removes admins; nobody removes the owner (403). Who is not in the group is 404 USER_NOT_FOUND. On a single chat
         *     or the world chat it is 403: nobody leaves those.
         *
         *     Errors of the state, in this order: CONVERSATION_NOT_FOUND, not a group, not a member, or a plain member who names
         *     somebody else (403), USER_NOT_FOUND, an admin who names an admin or the owner (403).
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/friends": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List one's friends
         * @description All friends at once. Not for guests (403).
         */
        get: operations["listFriends"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/friends/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List friend requests
         * @description The requests that one received, or with `type=sent` those that one sent; of any status unless `status` says which.
         *     Not for guests (403).
         */
        get: operations["listFriendRequests"];
        put?: never;
        /**
         * Ask somebody to be a friend
         * @description To oneself it is 400 (pointer `/targetUserId`, rule `not`). While a request between the two is pending, in either
         *     direction, or where they are friends already, it is 409 CONFLICT. After a rejection one may ask again.
         *
         *     Errors of the state, in this order: one is a guest (403), USER_NOT_FOUND, the target is a guest (403), CONFLICT.
         */
        post: operations["createFriendRequest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/friends/requests/{requestId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Accept or reject a friend request
         * @description For the target of the request; anybody else, the requester too, gets 403. Accepting makes the two friends and
         *     opens their single chat where there is none yet. A request is answered once: after that it is 409 CONFLICT.
         *
         *     Errors of the state, in this order: one is a guest (403), REQUEST_NOT_FOUND, one is not the target (403), CONFLICT.
         */
        put: operations["updateFriendRequest"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The name and the password of a new account. */
        RegisterRequest: {
            username: components["schemas"]["Username"];
            password: components["schemas"]["Password"];
        };
        /** @description ASCII letters, digits, `_`, `.` and `-`. Unique without regard to case, shown as registered. */
        Username: string;
        /**
         * Format: password
         * @description Counted in Unicode code points.
         */
        Password: string;
        /** @description What every success has around its `data`. An answer is open: a client ignores properties that it does not know. */
        SuccessEnvelope: {
            /** @enum {boolean} */
            success: true;
            /** @description For people, in Chinese unless `Accept-Language` prefers English. Never branch on it. */
            message: string;
        };
        /** @description The account that a registration made. */
        RegisteredUser: {
            user: components["schemas"]["User"];
        };
        /** @description An account, a guest's included. */
        User: {
            id: components["schemas"]["Id"];
            username: components["schemas"]["Username"];
            avatarUrl?: components["schemas"]["AvatarUrl"];
            /** @description Guests see and use the world chat only. */
            isGuest: boolean;
            status?: components["schemas"]["UserStatus"];
            createdAt: components["schemas"]["Timestamp"];
            updatedAt?: components["schemas"]["Timestamp"];
        };
        /** @description An opaque identifier that the server gave out. Compare it, store it, send it back; read nothing into it. */
        Id: string;
        /**
         * Format: uri
         * @description An absolute http or https address of a picture, without user info. The server stores it and never fetches it.
         */
        AvatarUrl: string;
        /**
         * @description 0 normal, 1 disabled (reserved).
         * @default 0
         * @enum {integer}
         */
        UserStatus: 0 | 1;
        /**
         * Format: int64
         * @description A time in whole Unix seconds, at most the largest integer that JSON carries safely (2^53 - 1).
         */
        Timestamp: number;
        /** @description The name, in any case, and the password of an account. The bounds of registration hold here too. */
        LoginRequest: {
            username: components["schemas"]["Username"];
            password: components["schemas"]["Password"];
        };
        /** @description A login and what it entitles to. */
        Session: {
            /** @description A JWT for the `Authorization` header and for the `token` parameter of `/ws`. */
            accessToken: string;
            refreshToken: components["schemas"]["RefreshToken"];
            /** @description The life of the access token in seconds, 3600 unless the server is set otherwise. */
            expiresIn: number;
            user: components["schemas"]["User"];
        };
        /** @description Opaque; good for one refresh, within 30 days. */
        RefreshToken: string;
        /** @description Nothing; a guest needs no name. The body may be left out as well. */
        GuestRequest: Record<string, never>;
        /** @description An object with nothing in it, where an operation has nothing to say but that it succeeded. */
        Empty: Record<string, never>;
        /** @description The refresh token that the last login or refresh gave. */
        RefreshRequest: {
            refreshToken: components["schemas"]["RefreshToken"];
        };
        /** @description What to change about one's own account. */
        UpdateProfileRequest: {
            avatarUrl: components["schemas"]["AvatarUrl"];
        };
        /** @description The accounts that a search found, sorted by the lower-case name. */
        UserList: {
            users: components["schemas"]["User"][];
        };
        /**
         * @description 1 single, 2 group, 3 world.
         * @enum {integer}
         */
        ConversationType: 1 | 2 | 3;
        /** @description A page of conversations, by `updatedAt`, newest first, then by id ascending. */
        ConversationList: {
            conversations: components["schemas"]["Conversation"][];
            hasMore: boolean;
        };
        /** @description A conversation as the asking user sees it: `peer` is the other one of a single chat, `unreadCount` and `myMembership` are the asking user's. `updatedAt` is moved by messages and edits, not by membership. */
        Conversation: {
            id: components["schemas"]["Id"];
            type: components["schemas"]["ConversationType"];
            peer?: components["schemas"]["User"];
            name?: components["schemas"]["ConversationName"];
            avatarUrl?: components["schemas"]["AvatarUrl"];
            description?: components["schemas"]["ConversationDescription"];
            ownerId?: components["schemas"]["Id"];
            memberCount: number;
            /** @description Reserved for settings of the conversation; an open object. */
            settings?: Record<string, never>;
            lastMessage?: components["schemas"]["Message"];
            /** @description Messages above the read pointer that others sent. */
            unreadCount?: number;
            updatedAt: components["schemas"]["Timestamp"];
            myMembership?: components["schemas"]["ConversationMember"];
        };
        /** @description The name of a group, or of the world chat. A single chat has none; show its `peer`. */
        ConversationName: string;
        /** @description What a group is about; may be empty. */
        ConversationDescription: string;
        /** @description A stored message. `clientMsgId` is the name here for what requests and frames call `client_msg_id`. */
        Message: {
            id: components["schemas"]["Id"];
            conversationId: components["schemas"]["Id"];
            senderId: components["schemas"]["Id"];
            sender?: components["schemas"]["User"];
            messageType: components["schemas"]["MessageType"];
            content: components["schemas"]["Content"];
            seqId: components["schemas"]["SeqId"];
            clientMsgId?: components["schemas"]["ClientMsgId"];
            /** @default false */
            deleted?: boolean;
            /** @description Reserved for the server; clients hand it on unread. */
            extra?: string;
            createdAt: components["schemas"]["Timestamp"];
            updatedAt?: components["schemas"]["Timestamp"];
        };
        /**
         * @description 1 text, 2 image, 3 file, 4 system (written by the server only).
         * @enum {integer}
         */
        MessageType: 1 | 2 | 3 | 4;
        /** @description 1 to 4000 Unicode code points for every type of message; an image or a file is a URL or a small JSON text. Content that breaks nothing but its maxLength is MESSAGE_TOO_LARGE. */
        Content: string;
        /**
         * Format: int64
         * @description The place of a message in its conversation: it starts at 1 and goes up by exactly 1, without gap or reuse, in the order in which messages were stored.
         */
        SeqId: number;
        /** @description Chosen by the client, once for each message that it means to send, and kept for every repeat of that send. It makes a send idempotent for ever, over HTTP and WebSocket and over all conversations of the sender. */
        ClientMsgId: string;
        /** @description One user's membership of one conversation. */
        ConversationMember: {
            userId: components["schemas"]["Id"];
            conversationId: components["schemas"]["Id"];
            role: components["schemas"]["MemberRole"];
            /** @default false */
            muted?: boolean;
            joinedAt: components["schemas"]["Timestamp"];
            updatedAt?: components["schemas"]["Timestamp"];
            user?: components["schemas"]["User"];
        };
        /**
         * @description 1 member, 2 admin, 3 owner.
         * @enum {integer}
         */
        MemberRole: 1 | 2 | 3;
        /** @description What to open and with whom. A group (type 2) needs a `name`: without it the answer is 400 with pointer `/name` and rule `required`. In a single chat (type 1) `name` and `description` are ignored, once they keep their bounds. */
        CreateConversationRequest: {
            type: components["schemas"]["CreatableConversationType"];
            /** @description Ids of users. Oneself and duplicates are ignored. */
            members: components["schemas"]["Id"][];
            name?: components["schemas"]["ConversationName"];
            description?: components["schemas"]["ConversationDescription"];
        };
        /**
         * @description 1 single, 2 group. The one world chat is there from the start.
         * @enum {integer}
         */
        CreatableConversationType: 1 | 2;
        /** @description A conversation with its members, who are left out for the world chat. */
        ConversationDetails: components["schemas"]["Conversation"] & {
            members?: components["schemas"]["ConversationMember"][];
        };
        /** @description What to change about a group; what is left out stays as it is. */
        UpdateConversationRequest: {
            name?: components["schemas"]["ConversationName"];
            avatarUrl?: components["schemas"]["AvatarUrl"];
            description?: components["schemas"]["ConversationDescription"];
        };
        /** @description A page of history, newest first, or oldest first where `after` was given. */
        MessageList: {
            messages: components["schemas"]["Message"][];
            nextCursor?: components["schemas"]["SeqId"];
            /** @description Whether there is another page in the same direction. To get it, give `nextCursor` (the last seqId of this page as sorted, left out where the page is empty) as `cursor`, or as `after` where this page was asked with it. */
            hasMore: boolean;
        };
        /** @description A message to store and push. Without `client_msg_id` a repeat is a second message. */
        SendMessageRequest: {
            messageType: components["schemas"]["SendableMessageType"];
            content: components["schemas"]["Content"];
            client_msg_id?: components["schemas"]["ClientMsgId"];
        };
        /**
         * @description 1 text, 2 image, 3 file.
         * @enum {integer}
         */
        SendableMessageType: 1 | 2 | 3;
        /** @description Up to which message, itself included, the user has read. */
        MarkReadRequest: {
            seqId: components["schemas"]["SeqId"];
        };
        /** @description What is left to read. */
        UnreadCount: {
            /** @description Messages above the read pointer that others sent. */
            unreadCount: number;
        };
        /** @description A page of members by joining, oldest first. */
        MemberList: {
            members: components["schemas"]["ConversationMember"][];
            hasMore: boolean;
        };
        /** @description Whom to add to a group. */
        AddMembersRequest: {
            /** @description Ids of users. Oneself and duplicates are ignored. */
            members: components["schemas"]["Id"][];
        };
        /** @description The memberships of everybody who was named; who was a member already comes back unchanged. */
        AddedMembers: {
            members: components["schemas"]["ConversationMember"][];
        };
        /** @description The role to give; 3 hands the ownership over. */
        UpdateMemberRequest: {
            role: components["schemas"]["MemberRole"];
        };
        /** @description All friends of the asking user. */
        FriendList: {
            friends: components["schemas"]["Friend"][];
        };
        /** @description A friendship as the asking user (`userId`) sees it; `friend` is the other one. */
        Friend: {
            userId: components["schemas"]["Id"];
            friendId: components["schemas"]["Id"];
            status: components["schemas"]["FriendStatus"];
            createdAt: components["schemas"]["Timestamp"];
            updatedAt?: components["schemas"]["Timestamp"];
            friend?: components["schemas"]["User"];
        };
        /**
         * @description 1 friends, 3 blocked (reserved).
         * @enum {integer}
         */
        FriendStatus: 1 | 3;
        /** @description The requests that were received or sent. */
        FriendRequestList: {
            requests: components["schemas"]["FriendRequest"][];
        };
        /** @description One user's wish to be another's friend. */
        FriendRequest: {
            id: components["schemas"]["Id"];
            requesterId: components["schemas"]["Id"];
            targetId: components["schemas"]["Id"];
            status: components["schemas"]["FriendRequestStatus"];
            message?: components["schemas"]["FriendRequestMessage"];
            createdAt: components["schemas"]["Timestamp"];
            updatedAt?: components["schemas"]["Timestamp"];
            requester?: components["schemas"]["User"];
            target?: components["schemas"]["User"];
        };
        /**
         * @description 0 pending, 1 accepted, 2 rejected, 3 blocked (reserved).
         * @enum {integer}
         */
        FriendRequestStatus: 0 | 1 | 2 | 3;
        /** @description A line to the target; may be empty. */
        FriendRequestMessage: string;
        /** @description Whom to ask, and a line to go with it. */
        CreateFriendRequestRequest: {
            targetUserId: components["schemas"]["Id"];
            message?: components["schemas"]["FriendRequestMessage"];
        };
        /** @description The answer to a request. */
        UpdateFriendRequestRequest: {
            action: components["schemas"]["FriendRequestAction"];
        };
        /**
         * @description What the target does with a pending request.
         * @enum {string}
         */
        FriendRequestAction: "accept" | "reject";
        /** @description What every failure looks like, with no exception: an unknown path, a wrong method, broken JSON and a bug of the server included. */
        ErrorEnvelope: {
            /** @enum {boolean} */
            success: false;
            /** @description For people, in Chinese unless `Accept-Language` prefers English. Never branch on it. */
            message: string;
            code: components["schemas"]["ErrorCode"];
            details?: components["schemas"]["ErrorDetails"];
        };
        /**
         * @description The reason for a program to branch on. Never localised. `errors.yaml` is the catalogue.
         * @enum {string}
         */
        ErrorCode: "INVALID_REQUEST" | "INVALID_MESSAGE" | "AUTH_FAILED" | "INVALID_CREDENTIALS" | "FORBIDDEN" | "NOT_FOUND" | "USER_NOT_FOUND" | "MESSAGE_NOT_FOUND" | "REQUEST_NOT_FOUND" | "CONVERSATION_NOT_FOUND" | "METHOD_NOT_ALLOWED" | "UPGRADE_REQUIRED" | "USERNAME_TAKEN" | "CONFLICT" | "CLIENT_MSG_ID_CONFLICT" | "MESSAGE_TOO_LARGE" | "UNSUPPORTED_MEDIA_TYPE" | "RATE_LIMITED" | "INTERNAL" | "UNAVAILABLE";
        /** @description More about a failure. `errors` comes with INVALID_REQUEST and INVALID_MESSAGE, `retryAfterMs` with RATE_LIMITED, `requestId` with INTERNAL, `client_msg_id` with an error frame that answers a failed send. */
        ErrorDetails: {
            /** @description The first 100, where there are more. */
            errors?: components["schemas"]["Violation"][];
            /** @description How long to wait before the next attempt, in milliseconds. */
            retryAfterMs?: number;
            /** @description Under which id the server's log tells the whole story. */
            requestId?: string;
            /** @description The `client_msg_id` of the send that failed, given back as it was read, even where it is itself what is wrong (so it may be the empty string). */
            client_msg_id?: string;
        };
        /** @description One thing that is wrong with a request or a frame. */
        Violation: {
            /** @description Where: an RFC 6901 pointer into the body or the frame, or `/query/NAME`, or `/path/NAME`. A missing or an unknown property is pointed at itself (`/name`). The empty string is the whole body or frame. */
            pointer: string;
            /** @description Which rule: the schema keyword that does not hold (`type`, `required`, `additionalProperties`, `enum`, `minLength`, `maxLength`, `pattern`, `format`, `minimum`, `maximum`, `minItems`, `maxItems`, `minProperties`), or `json` for broken JSON, `unicode` for U+0000 or a lone surrogate, `not` for a rule that no keyword states. */
            rule: string;
        };
    };
    responses: {
        /** @description The path or the query is not valid. An unknown query parameter is one such case. */
        InvalidQuery: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "INVALID_REQUEST";
                    details: {
                        errors: components["schemas"]["Violation"][];
                    };
                };
            };
        };
        /** @description The body, the path or the query is not valid. An unknown property or query parameter is one such case. */
        InvalidBody: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "INVALID_REQUEST";
                    details: {
                        errors: components["schemas"]["Violation"][];
                    };
                };
            };
        };
        /** @description The path or the query is not valid; `cursor` and `after` at once is one such case. */
        InvalidHistoryQuery: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "INVALID_REQUEST";
                    details: {
                        errors: components["schemas"]["Violation"][];
                    };
                };
            };
        };
        /** @description The request is not valid; a group without a name and a single chat with nobody or with several are such cases. */
        InvalidNewConversation: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "INVALID_REQUEST";
                    details: {
                        errors: components["schemas"]["Violation"][];
                    };
                };
            };
        };
        /** @description The request is not valid, or the group would have more than 500 members. */
        InvalidNewMembers: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "INVALID_REQUEST";
                    details: {
                        errors: components["schemas"]["Violation"][];
                    };
                };
            };
        };
        /** @description The request is not valid; a request to oneself is one such case. */
        InvalidFriendRequest: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "INVALID_REQUEST";
                    details: {
                        errors: components["schemas"]["Violation"][];
                    };
                };
            };
        };
        /** @description No access token, or one that is bad, expired or revoked. */
        AuthFailed: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                "WWW-Authenticate": components["headers"]["WwwAuthenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "AUTH_FAILED";
                };
            };
        };
        /** @description There is no account with this name and this password. */
        InvalidCredentials: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                "WWW-Authenticate": components["headers"]["WwwAuthenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "INVALID_CREDENTIALS";
                };
            };
        };
        /** @description The refresh token is unknown, expired or revoked, or it was used before, which revokes the whole login. */
        InvalidRefreshToken: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                "WWW-Authenticate": components["headers"]["WwwAuthenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "AUTH_FAILED";
                };
            };
        };
        /** @description A guest cannot do this. */
        GuestForbidden: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "FORBIDDEN";
                };
            };
        };
        /** @description A guest cannot do this, and nobody can do it to a guest. */
        GuestOrGuestTargetForbidden: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "FORBIDDEN";
                };
            };
        };
        /** @description One is not a member of this conversation. A guest is a member of the world chat only. */
        NotMemberForbidden: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "FORBIDDEN";
                };
            };
        };
        /** @description One is not a member, or neither an admin nor the owner; or this is not a group. */
        NotAdminForbidden: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "FORBIDDEN";
                };
            };
        };
        /** @description One is not a member or not the owner, or the owner would demote himself; or this is not a group. */
        NotOwnerForbidden: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "FORBIDDEN";
                };
            };
        };
        /** @description One is not a member, or this is the world chat. */
        MemberListForbidden: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "FORBIDDEN";
                };
            };
        };
        /** @description One is not a member, or neither an admin nor the owner; or this is not a group; or one of those to add is a guest. */
        AddMembersForbidden: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "FORBIDDEN";
                };
            };
        };
        /** @description One is not a member, or may not remove this one; or this is not a group. */
        RemoveMemberForbidden: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "FORBIDDEN";
                };
            };
        };
        /** @description One is a guest, or not the target of this request. */
        NotTargetForbidden: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "FORBIDDEN";
                };
            };
        };
        /** @description An id in the request is nobody's. */
        UserNotFound: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "USER_NOT_FOUND";
                };
            };
        };
        /** @description There is no such conversation, or not any more. */
        ConversationNotFound: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "CONVERSATION_NOT_FOUND";
                };
            };
        };
        /** @description There is no such conversation, or an id of a user is nobody's or not that of a member of this group. */
        ConversationOrUserNotFound: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "CONVERSATION_NOT_FOUND" | "USER_NOT_FOUND";
                };
            };
        };
        /** @description There is no such friend request. */
        RequestNotFound: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "REQUEST_NOT_FOUND";
                };
            };
        };
        /** @description Another account has this name, in this or another case. */
        UsernameTaken: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "USERNAME_TAKEN";
                };
            };
        };
        /** @description A request between the two is pending, in either direction, or they are friends already. */
        FriendConflict: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "CONFLICT";
                };
            };
        };
        /** @description The request was answered already. */
        RequestHandled: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "CONFLICT";
                };
            };
        };
        /** @description This `client_msg_id` was used by the same sender for another message. */
        ClientMsgIdConflict: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "CLIENT_MSG_ID_CONFLICT";
                };
            };
        };
        /** @description The body has more bytes than the server takes (65,536 unless set otherwise). */
        BodyTooLarge: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "MESSAGE_TOO_LARGE";
                };
            };
        };
        /** @description The body has more bytes than the server takes (65,536 unless set otherwise), or `content` is over 4000 code points and nothing else is wrong. */
        MessageTooLarge: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "MESSAGE_TOO_LARGE";
                };
            };
        };
        /** @description The Content-Type of the body is not application/json, or it names a charset other than UTF-8. */
        UnsupportedMediaType: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "UNSUPPORTED_MEDIA_TYPE";
                };
            };
        };
        /** @description Too many of these in a short time; try again later. */
        RateLimited: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                "Retry-After": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "RATE_LIMITED";
                    details: {
                        retryAfterMs: number;
                    };
                };
            };
        };
        /** @description A bug of the server. The log has the cause under the request id; the answer has that id only. */
        Internal: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "INTERNAL";
                    details: {
                        requestId: string;
                    };
                };
            };
        };
        /** @description Storage, logic or broker is away; try again later. */
        Unavailable: {
            headers: {
                "Content-Language": components["headers"]["ContentLanguage"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorEnvelope"] & {
                    /** @enum {string} */
                    code?: "UNAVAILABLE";
                };
            };
        };
    };
    parameters: {
        /**
         * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
         * @example en
         */
        AcceptLanguage: string;
        /**
         * @description The id of the conversation.
         * @example 0197a3c32b7f63ca
         */
        ConversationId: components["schemas"]["Id"];
        /**
         * @description The id of the member.
         * @example 0197a3c2f1d04c8e
         */
        UserId: components["schemas"]["Id"];
        /**
         * @description The id of the friend request.
         * @example 0197a3c3620b7a41
         */
        RequestId: components["schemas"]["Id"];
        /** @description Which page, from 1. */
        Page: number;
        /** @description How many on a page. */
        PageSize: number;
    };
    requestBodies: never;
    headers: {
        /**
         * @description The language of `message`.
         * @example zh
         */
        ContentLanguage: "zh" | "en";
        /**
         * @description How to authenticate.
         * @example Bearer
         */
        WwwAuthenticate: string;
        /**
         * @description How many seconds to wait; `details.retryAfterMs` rounded up.
         * @example 1
         */
        RetryAfter: number;
    };
    pathItems: never;
}
export type RegisterRequest = components['schemas']['RegisterRequest'];
export type Username = components['schemas']['Username'];
export type Password = components['schemas']['Password'];
export type SuccessEnvelope = components['schemas']['SuccessEnvelope'];
export type RegisteredUser = components['schemas']['RegisteredUser'];
export type User = components['schemas']['User'];
export type Id = components['schemas']['Id'];
export type AvatarUrl = components['schemas']['AvatarUrl'];
export type UserStatus = components['schemas']['UserStatus'];
export type Timestamp = components['schemas']['Timestamp'];
export type LoginRequest = components['schemas']['LoginRequest'];
export type Session = components['schemas']['Session'];
export type RefreshToken = components['schemas']['RefreshToken'];
export type GuestRequest = components['schemas']['GuestRequest'];
export type Empty = components['schemas']['Empty'];
export type RefreshRequest = components['schemas']['RefreshRequest'];
export type UpdateProfileRequest = components['schemas']['UpdateProfileRequest'];
export type UserList = components['schemas']['UserList'];
export type ConversationType = components['schemas']['ConversationType'];
export type ConversationList = components['schemas']['ConversationList'];
export type Conversation = components['schemas']['Conversation'];
export type ConversationName = components['schemas']['ConversationName'];
export type ConversationDescription = components['schemas']['ConversationDescription'];
export type Message = components['schemas']['Message'];
export type MessageType = components['schemas']['MessageType'];
export type Content = components['schemas']['Content'];
export type SeqId = components['schemas']['SeqId'];
export type ClientMsgId = components['schemas']['ClientMsgId'];
export type ConversationMember = components['schemas']['ConversationMember'];
export type MemberRole = components['schemas']['MemberRole'];
export type CreateConversationRequest = components['schemas']['CreateConversationRequest'];
export type CreatableConversationType = components['schemas']['CreatableConversationType'];
export type ConversationDetails = components['schemas']['ConversationDetails'];
export type UpdateConversationRequest = components['schemas']['UpdateConversationRequest'];
export type MessageList = components['schemas']['MessageList'];
export type SendMessageRequest = components['schemas']['SendMessageRequest'];
export type SendableMessageType = components['schemas']['SendableMessageType'];
export type MarkReadRequest = components['schemas']['MarkReadRequest'];
export type UnreadCount = components['schemas']['UnreadCount'];
export type MemberList = components['schemas']['MemberList'];
export type AddMembersRequest = components['schemas']['AddMembersRequest'];
export type AddedMembers = components['schemas']['AddedMembers'];
export type UpdateMemberRequest = components['schemas']['UpdateMemberRequest'];
export type FriendList = components['schemas']['FriendList'];
export type Friend = components['schemas']['Friend'];
export type FriendStatus = components['schemas']['FriendStatus'];
export type FriendRequestList = components['schemas']['FriendRequestList'];
export type FriendRequest = components['schemas']['FriendRequest'];
export type FriendRequestStatus = components['schemas']['FriendRequestStatus'];
export type FriendRequestMessage = components['schemas']['FriendRequestMessage'];
export type CreateFriendRequestRequest = components['schemas']['CreateFriendRequestRequest'];
export type UpdateFriendRequestRequest = components['schemas']['UpdateFriendRequestRequest'];
export type FriendRequestAction = components['schemas']['FriendRequestAction'];
export type ErrorEnvelope = components['schemas']['ErrorEnvelope'];
export type ErrorCode = components['schemas']['ErrorCode'];
export type ErrorDetails = components['schemas']['ErrorDetails'];
export type Violation = components['schemas']['Violation'];
export type ResponseInvalidQuery = components['responses']['InvalidQuery'];
export type ResponseInvalidBody = components['responses']['InvalidBody'];
export type ResponseInvalidHistoryQuery = components['responses']['InvalidHistoryQuery'];
export type ResponseInvalidNewConversation = components['responses']['InvalidNewConversation'];
export type ResponseInvalidNewMembers = components['responses']['InvalidNewMembers'];
export type ResponseInvalidFriendRequest = components['responses']['InvalidFriendRequest'];
export type ResponseAuthFailed = components['responses']['AuthFailed'];
export type ResponseInvalidCredentials = components['responses']['InvalidCredentials'];
export type ResponseInvalidRefreshToken = components['responses']['InvalidRefreshToken'];
export type ResponseGuestForbidden = components['responses']['GuestForbidden'];
export type ResponseGuestOrGuestTargetForbidden = components['responses']['GuestOrGuestTargetForbidden'];
export type ResponseNotMemberForbidden = components['responses']['NotMemberForbidden'];
export type ResponseNotAdminForbidden = components['responses']['NotAdminForbidden'];
export type ResponseNotOwnerForbidden = components['responses']['NotOwnerForbidden'];
export type ResponseMemberListForbidden = components['responses']['MemberListForbidden'];
export type ResponseAddMembersForbidden = components['responses']['AddMembersForbidden'];
export type ResponseRemoveMemberForbidden = components['responses']['RemoveMemberForbidden'];
export type ResponseNotTargetForbidden = components['responses']['NotTargetForbidden'];
export type ResponseUserNotFound = components['responses']['UserNotFound'];
export type ResponseConversationNotFound = components['responses']['ConversationNotFound'];
export type ResponseConversationOrUserNotFound = components['responses']['ConversationOrUserNotFound'];
export type ResponseRequestNotFound = components['responses']['RequestNotFound'];
export type ResponseUsernameTaken = components['responses']['UsernameTaken'];
export type ResponseFriendConflict = components['responses']['FriendConflict'];
export type ResponseRequestHandled = components['responses']['RequestHandled'];
export type ResponseClientMsgIdConflict = components['responses']['ClientMsgIdConflict'];
export type ResponseBodyTooLarge = components['responses']['BodyTooLarge'];
export type ResponseMessageTooLarge = components['responses']['MessageTooLarge'];
export type ResponseUnsupportedMediaType = components['responses']['UnsupportedMediaType'];
export type ResponseRateLimited = components['responses']['RateLimited'];
export type ResponseInternal = components['responses']['Internal'];
export type ResponseUnavailable = components['responses']['Unavailable'];
export type ParameterAcceptLanguage = components['parameters']['AcceptLanguage'];
export type ParameterConversationId = components['parameters']['ConversationId'];
export type ParameterUserId = components['parameters']['UserId'];
export type ParameterRequestId = components['parameters']['RequestId'];
export type ParameterPage = components['parameters']['Page'];
export type ParameterPageSize = components['parameters']['PageSize'];
export type HeaderContentLanguage = components['headers']['ContentLanguage'];
export type HeaderWwwAuthenticate = components['headers']['WwwAuthenticate'];
export type HeaderRetryAfter = components['headers']['RetryAfter'];
export type $defs = Record<string, never>;
export interface operations {
    register: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegisterRequest"];
            };
        };
        responses: {
            /** @description The account exists now. */
            201: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["RegisteredUser"];
                    };
                };
            };
            400: components["responses"]["InvalidBody"];
            409: components["responses"]["UsernameTaken"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginRequest"];
            };
        };
        responses: {
            /** @description Logged in. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["Session"];
                    };
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["InvalidCredentials"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    guestLogin: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["GuestRequest"];
            };
        };
        responses: {
            /** @description The guest exists now and is logged in. */
            201: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["Session"];
                    };
                };
            };
            400: components["responses"]["InvalidBody"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This login has ended. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["Empty"];
                    };
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["AuthFailed"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    refreshSession: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefreshRequest"];
            };
        };
        responses: {
            /** @description The new tokens. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["Session"];
                    };
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["InvalidRefreshToken"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getProfile: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One's own account. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["User"];
                    };
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["AuthFailed"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateProfile: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateProfileRequest"];
            };
        };
        responses: {
            /** @description The account as it is now. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["User"];
                    };
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["GuestForbidden"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    searchUsers: {
        parameters: {
            query: {
                /**
                 * @description What the name starts with.
                 * @example al
                 */
                q: string;
                /** @description How many accounts at most. */
                limit?: number;
            };
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found; an empty list where nothing was. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["UserList"];
                    };
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["GuestForbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listConversations: {
        parameters: {
            query?: {
                /** @description Which page, from 1. */
                page?: components["parameters"]["Page"];
                /** @description How many on a page. */
                size?: components["parameters"]["PageSize"];
                /** @description Only conversations of this type (1 single, 2 group, 3 world). */
                type?: components["schemas"]["ConversationType"];
            };
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of conversations; empty past the end. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["ConversationList"];
                    };
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["AuthFailed"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createConversation: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateConversationRequest"];
            };
        };
        responses: {
            /** @description The single chat of this pair, which existed already. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["Conversation"];
                    };
                };
            };
            /** @description The new conversation. */
            201: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["Conversation"];
                    };
                };
            };
            400: components["responses"]["InvalidNewConversation"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["GuestOrGuestTargetForbidden"];
            404: components["responses"]["UserNotFound"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getConversation: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path: {
                /**
                 * @description The id of the conversation.
                 * @example 0197a3c32b7f63ca
                 */
                conversationId: components["parameters"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The conversation. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["ConversationDetails"];
                    };
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["NotMemberForbidden"];
            404: components["responses"]["ConversationNotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateConversation: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path: {
                /**
                 * @description The id of the conversation.
                 * @example 0197a3c32b7f63ca
                 */
                conversationId: components["parameters"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateConversationRequest"];
            };
        };
        responses: {
            /** @description The group as it is now. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["Conversation"];
                    };
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["NotAdminForbidden"];
            404: components["responses"]["ConversationNotFound"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMessages: {
        parameters: {
            query?: {
                /** @description Only messages older than this `seqId`, newest first. Not together with `after`. */
                cursor?: number;
                /** @description Only messages newer than this `seqId`, oldest first. Not together with `cursor`. */
                after?: number;
                /** @description How many messages at most. */
                limit?: number;
            };
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path: {
                /**
                 * @description The id of the conversation.
                 * @example 0197a3c32b7f63ca
                 */
                conversationId: components["parameters"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of history; empty past the end. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["MessageList"];
                    };
                };
            };
            400: components["responses"]["InvalidHistoryQuery"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["NotMemberForbidden"];
            404: components["responses"]["ConversationNotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    sendMessage: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path: {
                /**
                 * @description The id of the conversation.
                 * @example 0197a3c32b7f63ca
                 */
                conversationId: components["parameters"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SendMessageRequest"];
            };
        };
        responses: {
            /** @description The message is stored, now or by an earlier try. */
            201: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["Message"];
                    };
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["NotMemberForbidden"];
            404: components["responses"]["ConversationNotFound"];
            409: components["responses"]["ClientMsgIdConflict"];
            413: components["responses"]["MessageTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    markRead: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path: {
                /**
                 * @description The id of the conversation.
                 * @example 0197a3c32b7f63ca
                 */
                conversationId: components["parameters"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MarkReadRequest"];
            };
        };
        responses: {
            /** @description The pointer is at least there. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["UnreadCount"];
                    };
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["NotMemberForbidden"];
            404: components["responses"]["ConversationNotFound"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listMembers: {
        parameters: {
            query?: {
                /** @description Which page, from 1. */
                page?: components["parameters"]["Page"];
                /** @description How many on a page. */
                size?: components["parameters"]["PageSize"];
                /** @description Only members with this role (1 member, 2 admin, 3 owner). */
                role?: components["schemas"]["MemberRole"];
            };
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path: {
                /**
                 * @description The id of the conversation.
                 * @example 0197a3c32b7f63ca
                 */
                conversationId: components["parameters"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of members; empty past the end. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["MemberList"];
                    };
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["MemberListForbidden"];
            404: components["responses"]["ConversationNotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    addMembers: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path: {
                /**
                 * @description The id of the conversation.
                 * @example 0197a3c32b7f63ca
                 */
                conversationId: components["parameters"]["ConversationId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddMembersRequest"];
            };
        };
        responses: {
            /** @description They are members now. */
            201: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["AddedMembers"];
                    };
                };
            };
            400: components["responses"]["InvalidNewMembers"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["AddMembersForbidden"];
            404: components["responses"]["ConversationOrUserNotFound"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateMember: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path: {
                /**
                 * @description The id of the conversation.
                 * @example 0197a3c32b7f63ca
                 */
                conversationId: components["parameters"]["ConversationId"];
                /**
                 * @description The id of the member.
                 * @example 0197a3c2f1d04c8e
                 */
                userId: components["parameters"]["UserId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateMemberRequest"];
            };
        };
        responses: {
            /** @description The membership as it is now. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["ConversationMember"];
                    };
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["NotOwnerForbidden"];
            404: components["responses"]["ConversationOrUserNotFound"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path: {
                /**
                 * @description The id of the conversation.
                 * @example 0197a3c32b7f63ca
                 */
                conversationId: components["parameters"]["ConversationId"];
                /**
                 * @description The id of the member.
                 * @example 0197a3c2f1d04c8e
                 */
                userId: components["parameters"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Not a member any more. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["Empty"];
                    };
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["RemoveMemberForbidden"];
            404: components["responses"]["ConversationOrUserNotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listFriends: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One's friends; an empty list where there are none. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["FriendList"];
                    };
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["GuestForbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    listFriendRequests: {
        parameters: {
            query?: {
                /** @description Those that one received, or those that one sent. */
                type?: "received" | "sent";
                /** @description Only requests with this status (0 pending, 1 accepted, 2 rejected). */
                status?: 0 | 1 | 2;
            };
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The requests; an empty list where there are none. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["FriendRequestList"];
                    };
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["GuestForbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    createFriendRequest: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateFriendRequestRequest"];
            };
        };
        responses: {
            /** @description The request waits for an answer. */
            201: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["FriendRequest"];
                    };
                };
            };
            400: components["responses"]["InvalidFriendRequest"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["GuestOrGuestTargetForbidden"];
            404: components["responses"]["UserNotFound"];
            409: components["responses"]["FriendConflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateFriendRequest: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description In which language `message` should be; Chinese (`zh`) unless English (`en`) is preferred.
                 * @example en
                 */
                "Accept-Language"?: components["parameters"]["AcceptLanguage"];
            };
            path: {
                /**
                 * @description The id of the friend request.
                 * @example 0197a3c3620b7a41
                 */
                requestId: components["parameters"]["RequestId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateFriendRequestRequest"];
            };
        };
        responses: {
            /** @description The request as it is now. */
            200: {
                headers: {
                    "Content-Language": components["headers"]["ContentLanguage"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessEnvelope"] & {
                        data: components["schemas"]["FriendRequest"];
                    };
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["AuthFailed"];
            403: components["responses"]["NotTargetForbidden"];
            404: components["responses"]["RequestNotFound"];
            409: components["responses"]["RequestHandled"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
}
