"""A method for each operation of the HTTP API, for code without asyncio. Written by `gochat generate`: change the spec, not this file."""

from __future__ import annotations

from typing import Any, Literal

from . import http_types
from .api import AsyncGoChatApi
from .loop_thread import LoopThread


class GoChatApi:
    """Each method waits for the answer and returns its `data`.

    It raises GoChatError when the server refuses, and ConnectionLost when there is no answer.
    """

    def __init__(self, api: AsyncGoChatApi, loop: LoopThread) -> None:
        self._api = api
        self._loop = loop

    def register(self, body: http_types.RegisterRequest) -> http_types.RegisteredUser:
        """Register an account.

        Makes an account and joins it to the world chat. Names are unique without regard to case and are shown as
        registered: a name that differs from another in case only is 409 USERNAME_TAKEN. Does not log in; `login` does.
        Limited to 60 a minute an address, together with `login` and `guestLogin`.
        """
        return self._loop.wait_for(self._api.register(body))

    def login(self, body: http_types.LoginRequest) -> http_types.Session:
        """Log in.

        Starts a login of its own, beside those that there are. The name is matched without regard to case. An unknown name
        and a wrong password are the same 401 INVALID_CREDENTIALS. The bounds of registration hold here too: a password of
        seven characters is 400. Limited to 60 a minute an address, together with `register` and `guestLogin`, and to
        10 failed logins a minute an account.
        """
        return self._loop.wait_for(self._api.login(body))

    def guest_login(self, body: http_types.GuestRequest | None = None) -> http_types.Session:
        """Come in as a guest.

        Makes a guest account with a name that the server chooses, joins it to the world chat, and logs it in. A guest sees
        and uses the world chat only; search does not find him, and nobody can open a single chat with him, add him to a
        group or ask him to be a friend. The body may be left out or be `{}`. Limited to 60 a minute an
        address, together with `register` and `login`.
        """
        return self._loop.wait_for(self._api.guest_login(body))

    def logout(self) -> http_types.Empty:
        """Log out.

        Ends the login of the token that is used: its access and refresh tokens are AUTH_FAILED from now on, and the socket
        that was opened under it gets an error frame and is closed with 4401. Other logins of the same user stay.
        There is no body; one that is sent is ignored.
        """
        return self._loop.wait_for(self._api.logout())

    def refresh_session(self, body: http_types.RefreshRequest) -> http_types.Session:
        """Get new tokens.

        Takes a refresh token and gives a new pair. The old refresh token is spent; the old access token stays valid until
        it expires. A refresh token that is used a second time revokes the whole login, the tokens that came after it
        included, and closes its socket with 4401. A refresh token that is unknown, spent, expired or revoked is 401
        AUTH_FAILED. Needs no access token.
        """
        return self._loop.wait_for(self._api.refresh_session(body))

    def get_profile(self) -> http_types.User:
        """Look at one's own account.

        The account that the token belongs to. Guests too.
        """
        return self._loop.wait_for(self._api.get_profile())

    def update_profile(self, body: http_types.UpdateProfileRequest) -> http_types.User:
        """Change one's own picture.

        Sets the address of one's picture. A guest cannot (403).
        """
        return self._loop.wait_for(self._api.update_profile(body))

    def search_users(self, *, q: str, limit: int | None = None) -> http_types.UserList:
        """Find accounts by the start of their name.

        Accounts whose name starts with `q`, without regard to case, sorted by the lower-case name. Oneself is found too,
        guests are not. A guest cannot search (403).

        q: What the name starts with.
        limit: How many accounts at most.
        """
        return self._loop.wait_for(self._api.search_users(q=q, limit=limit))

    def list_conversations(self, *, page: int | None = None, size: int | None = None, type: Literal[1, 2, 3] | None = None) -> http_types.ConversationList:
        """List one's conversations.

        The conversations that one is in, the world chat among them, by `updatedAt` in whole seconds, newest first, then
        by id ascending. Messages and edits move `updatedAt`, changes of membership do not. Pages may shift as
        messages arrive: a client drops repeats by id. A guest sees the world chat only.

        page: Which page, from 1.
        size: How many on a page.
        type: Only conversations of this type (1 single, 2 group, 3 world).
        """
        return self._loop.wait_for(self._api.list_conversations(page=page, size=size, type=type))

    def create_conversation(self, body: http_types.CreateConversationRequest) -> http_types.Conversation:
        """Open a single chat or a group.

        A *single chat* (type 1) needs exactly one other user in `members`, once oneself and duplicates are dropped; else it
        is 400 (pointer `/members`, rule `not`). `name` and `description` are ignored. There is one for each pair: where
        it exists already the answer is 200 with that one, else 201. Whoever opens it joined first; where it was opened
        by a friendship, that is who asked for it.

        A *group* (type 2) needs a `name` (else 400, pointer `/name`, rule `required`). Oneself and duplicates in `members`
        are ignored, an empty list is fine. Whoever creates it is the owner and joined first, all others are members and
        joined in the order in which they are named. One unknown id is 404 and nothing is made. With more than 500 in
        it, the owner included, it is 400: rule `maxItems` where the list itself is longer than 500, else `not`, both at
        `/members`.

        Errors of the state, in this order: one is a guest (403), an id in `members` is unknown (404 USER_NOT_FOUND), one
        of them is a guest's (403).
        """
        return self._loop.wait_for(self._api.create_conversation(body))

    def get_conversation(self, conversation_id: str) -> http_types.ConversationDetails:
        """Look at a conversation and its members.

        The conversation with all its members, by joining, oldest first. For the world chat `members` is left out.
        Who is not a member gets 403; a guest is a member of the world chat only.
        """
        return self._loop.wait_for(self._api.get_conversation(conversation_id))

    def update_conversation(self, conversation_id: str, body: http_types.UpdateConversationRequest) -> http_types.Conversation:
        """Edit a group.

        Changes the name, the picture or the description of a group; what is left out stays, and at least one is
        needed (400, pointer `""`, rule `minProperties`). For admins and the owner; anybody else, and everybody on a single chat
        or the world chat, gets 403. Moves `updatedAt`.
        """
        return self._loop.wait_for(self._api.update_conversation(conversation_id, body))

    def list_messages(self, conversation_id: str, *, cursor: int | None = None, after: int | None = None, limit: int | None = None) -> http_types.MessageList:
        """Read history.

        Newest first, or oldest first where `after` is given. `cursor` asks for messages older than that `seqId`, `after` for
        newer ones; both at once is 400 (pointer `/query/after`, rule `not`), neither is the newest page. `nextCursor` is the
        last `seqId` of the page as sorted, left out on an empty page; give it as `cursor`, or as `after`, to go on in the same
        direction. Nothing is repeated or skipped while messages arrive. To catch up after a lost connection, start with
        `after` set to the last `seqId` that one has, 0 for none, and go on until `hasMore` is false.

        Members only (403). A new member sees all older history.

        cursor: Only messages older than this `seqId`, newest first. Not together with `after`.
        after: Only messages newer than this `seqId`, oldest first. Not together with `cursor`.
        limit: How many messages at most.
        """
        return self._loop.wait_for(self._api.list_messages(conversation_id, cursor=cursor, after=after, limit=limit))

    def send_message(self, conversation_id: str, body: http_types.SendMessageRequest) -> http_types.Message:
        """Send a message.

        Stores the message, answers once it is on disk, and pushes it as `new-message` to every member who is online, the
        sender's own socket included. Any member may send; a guest in the world chat only.

        *Idempotent for ever* with a `client_msg_id`: the same id from the same sender with the same conversation,
        `messageType` and `content` gives the first answer again (201, the same id and `seqId`) and is not pushed again,
        even after the sender has left or the group is gone. With another body it is 409 CLIENT_MSG_ID_CONFLICT. The
        ids are shared with the frame `send-message` and run over all conversations of the sender. Without an id a
        repeat is a second message.

        `content` that breaks nothing but its maxLength (4000 code points) is 413, whatever else is wrong with the body, as
        is a body over the limit of bytes; content that breaks another keyword too is 400. Sending does not move the read pointer.

        Limited to 20 messages/s a user with a burst of 40, over HTTP and WebSocket together, repeats counted.

        Errors of the state, in this order: CONVERSATION_NOT_FOUND, FORBIDDEN, CLIENT_MSG_ID_CONFLICT.
        """
        return self._loop.wait_for(self._api.send_message(conversation_id, body))

    def mark_read(self, conversation_id: str, body: http_types.MarkReadRequest) -> http_types.UnreadCount:
        """Mark as read.

        Moves the read pointer forward to `seqId` and tells what is left to read: messages above the pointer that others
        sent. A `seqId` past the end is taken as the last one; one that is behind the pointer succeeds and changes nothing.
        Members only (403). The frame `mark-read` does the same.
        """
        return self._loop.wait_for(self._api.mark_read(conversation_id, body))

    def list_members(self, conversation_id: str, *, page: int | None = None, size: int | None = None, role: Literal[1, 2, 3] | None = None) -> http_types.MemberList:
        """List the members.

        By joining, oldest first. Members only (403). The members of the world chat are not listed: 403.

        page: Which page, from 1.
        size: How many on a page.
        role: Only members with this role (1 member, 2 admin, 3 owner).
        """
        return self._loop.wait_for(self._api.list_members(conversation_id, page=page, size=size, role=role))

    def add_members(self, conversation_id: str, body: http_types.AddMembersRequest) -> http_types.AddedMembers:
        """Add members to a group.

        For admins and the owner of a group. Oneself and duplicates are ignored (a list of oneself adds nobody: 201 with
        no members); an empty list is 400. Whoever is a
        member already comes back unchanged. One unknown id is 404 and nobody is added. New members join in the order in
        which they are named, have role 1, see all older history, and have their read pointer at the last `seqId`. A group that would have more than 500 members is 400 (pointer
        `/members`, rule `not`) and nobody is added.

        Errors of the state, in this order: CONVERSATION_NOT_FOUND, not a member, not an admin or not a group (403),
        USER_NOT_FOUND, a guest among those to add (403), too many (400).
        """
        return self._loop.wait_for(self._api.add_members(conversation_id, body))

    def update_member(self, conversation_id: str, user_id: str, body: http_types.UpdateMemberRequest) -> http_types.ConversationMember:
        """Give a member another role.

        For the owner of a group. Role 3 hands the ownership over, and the old owner becomes an admin. An owner cannot
        demote himself (403): he hands over instead; giving himself role 3 changes nothing. Who is not in the group is
        404 USER_NOT_FOUND. On a single chat or the world chat it is 403.

        Errors of the state, in this order: CONVERSATION_NOT_FOUND, not a group, not a member or not the owner (403),
        USER_NOT_FOUND, the owner who would demote himself (403).
        """
        return self._loop.wait_for(self._api.update_member(conversation_id, user_id, body))

    def remove_member(self, conversation_id: str, user_id: str) -> http_types.Empty:
        """Remove a member, or leave.

        With one's own id: leave the group. An owner who leaves is followed by the admin who joined first, else by the member
        who joined first; the last one to leave dissolves the group. With another's id: admins remove members, and only the
        owner removes admins; nobody removes the owner (403). Who is not in the group is 404 USER_NOT_FOUND. On a single chat
        or the world chat it is 403: nobody leaves those.

        Errors of the state, in this order: CONVERSATION_NOT_FOUND, not a group, not a member, or a plain member who names
        somebody else (403), USER_NOT_FOUND, an admin who names an admin or the owner (403).
        """
        return self._loop.wait_for(self._api.remove_member(conversation_id, user_id))

    def list_friends(self) -> http_types.FriendList:
        """List one's friends.

        All friends at once. Not for guests (403).
        """
        return self._loop.wait_for(self._api.list_friends())

    def list_friend_requests(self, *, type: Literal["received", "sent"] | None = None, status: Literal[0, 1, 2] | None = None) -> http_types.FriendRequestList:
        """List friend requests.

        The requests that one received, or with `type=sent` those that one sent; of any status unless `status` says which.
        Not for guests (403).

        type: Those that one received, or those that one sent.
        status: Only requests with this status (0 pending, 1 accepted, 2 rejected).
        """
        return self._loop.wait_for(self._api.list_friend_requests(type=type, status=status))

    def create_friend_request(self, body: http_types.CreateFriendRequestRequest) -> http_types.FriendRequest:
        """Ask somebody to be a friend.

        To oneself it is 400 (pointer `/targetUserId`, rule `not`). While a request between the two is pending, in either
        direction, or where they are friends already, it is 409 CONFLICT. After a rejection one may ask again.

        Errors of the state, in this order: one is a guest (403), USER_NOT_FOUND, the target is a guest (403), CONFLICT.
        """
        return self._loop.wait_for(self._api.create_friend_request(body))

    def update_friend_request(self, request_id: str, body: http_types.UpdateFriendRequestRequest) -> http_types.FriendRequest:
        """Accept or reject a friend request.

        For the target of the request; anybody else, the requester too, gets 403. Accepting makes the two friends and
        opens their single chat where there is none yet. A request is answered once: after that it is 409 CONFLICT.

        Errors of the state, in this order: one is a guest (403), REQUEST_NOT_FOUND, one is not the target (403), CONFLICT.
        """
        return self._loop.wait_for(self._api.update_friend_request(request_id, body))
