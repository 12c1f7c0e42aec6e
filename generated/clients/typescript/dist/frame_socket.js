/**
 * Sends and receives frames over a connection that comes and goes.
 *
 * A frame with a correlation id (a message) waits until it is answered, through any number of connections, and is sent
 * again with the same id, so that it is done exactly once. Knows the frames by the tables that come from the contract.
 */
import { CLIENT_FRAMES, LIMITS, SERVER_FRAMES } from "./catalogue.js";
import { Connection } from "./connection.js";
import { Emitter } from "./emitter.js";
import { ConnectionLost, GoChatError } from "./failures.js";
import { Pace } from "./pace.js";
import { newId } from "./ids.js";
import { at, pointerWith } from "./pointer.js";
const TOO_LARGE_CLOSE = 1009;
/** How often a send that failed for a passing reason other than the rate is tried again. */
const RETRIES = 5;
export class FrameSocket extends Emitter {
    #connection;
    #pace;
    /** By correlation id, in the order in which they were asked for. */
    #pending = new Map();
    /** Requests without an id, by the type that answers them: answers come in order. */
    #asked = new Map();
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
            received: (text) => this.#received(text),
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
    async prepare() { }
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
                type, data: whole.data, text, isSent: false, tries: 0, reject, resolve: (reply) => resolve(reply),
            });
            this.#pump();
        });
    }
    /** Sends a frame whose answer has no id: answers come in order. Rejects with ConnectionLost without a connection. */
    ask(type, data) {
        if (!this.#connection.isOpen)
            return Promise.reject(new ConnectionLost("not connected"));
        const answer = CLIENT_FRAMES[type].replies.find((name) => name !== "error");
        const asked = this.#asked.get(answer) ?? [];
        this.#asked.set(answer, asked);
        return new Promise((resolve, reject) => {
            asked.push({ resolve: (reply) => resolve(reply), reject });
            this.#connection.send(JSON.stringify(data === undefined ? { type } : { type, data }));
        });
    }
    /** Sends a frame that is not answered when it succeeds; kept until there is a connection. */
    post(type, data) {
        const text = JSON.stringify(data === undefined ? { type } : { type, data });
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
        this.#emit("opened", undefined);
    }
    #lost(code) {
        const culprit = code === TOO_LARGE_CLOSE ? this.#largestSent() : undefined;
        for (const pending of this.#pending.values())
            pending.isSent = false;
        for (const asked of this.#asked.values()) {
            for (const each of asked.splice(0))
                each.reject(new ConnectionLost(`the connection ended with ${code}`));
        }
        if (culprit !== undefined)
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
        }
        catch {
            return; // no server of this contract sends it; nothing in it can be understood
        }
        if (!Object.hasOwn(SERVER_FRAMES, frame.type))
            return; // a newer server: frames that are not known are ignored
        const id = this.#correlation(frame);
        if (frame.type === "error")
            this.#failed(id, frame.data);
        else if (id !== undefined)
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
        const value = pointer === null ? undefined : at(frame, pointer);
        return typeof value === "string" ? value : undefined;
    }
    #answered(id, frame) {
        const pending = this.#pending.get(id);
        if (pending === undefined)
            return; // the second answer to a frame that was sent twice
        this.#pending.delete(id);
        this.#emit("answered", { type: pending.type, data: pending.data, reply: frame.data ?? {} });
        pending.resolve(frame.data ?? {});
    }
    #failed(id, data) {
        const pending = id === undefined ? undefined : this.#pending.get(id);
        if (id === undefined || pending === undefined)
            return;
        const error = new GoChatError(data.code, data.message, data.details);
        const isRate = data.code === "RATE_LIMITED";
        if (isRate || (error.retryable && pending.tries < RETRIES)) {
            const asked = Number(error.details["retryAfterMs"] ?? 1000 * 2 ** pending.tries);
            this.#holdUntil = Math.max(this.#holdUntil, Date.now() + asked);
            pending.tries += isRate ? 0 : 1;
            pending.isSent = false;
            this.#pump();
        }
        else {
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
}
