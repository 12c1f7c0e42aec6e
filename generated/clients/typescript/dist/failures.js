/** What a call can fail with: the server's refusal, or no answer at all. */
import { ERRORS } from "./catalogue.js";
/** The server refused. Branch on `code`; `message` is for people. */
export class GoChatError extends Error {
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
}
/** There was no answer: no network, no server, or the connection ended first. */
export class ConnectionLost extends Error {
    name = "ConnectionLost";
}
