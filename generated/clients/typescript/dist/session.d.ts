/**
 * One login: its tokens, renewed before they end, kept where the app wants them, and the HTTP calls made with them.
 *
 * A refresh token is good for one refresh, and one that is used twice ends the login: so there is one refresh at a time,
 * and what another tab has stored in the meantime is taken over.
 */
import { type Client } from "openapi-fetch";
import type { Tokens } from "./connection.js";
import { Emitter } from "./emitter.js";
import type { paths, Session as SessionData, User } from "./http_types.js";
/** What is kept of a login. */
export interface StoredSession {
    readonly accessToken: string;
    readonly refreshToken: string;
    /** When the access token ends, in milliseconds of this machine's clock. */
    readonly expiresAt: number;
    /** The life of the access token in seconds. */
    readonly expiresIn: number;
    readonly user: User;
}
/** Where a login is kept. */
export interface SessionStore {
    load(): StoredSession | null;
    save(session: StoredSession | null): void;
    /** Runs one refresh at a time over all who share the store. */
    lock?<Result>(run: () => Promise<Result>): Promise<Result>;
}
/** Keeps the login as long as the page or process lives. */
export declare function memoryStore(): SessionStore;
/** Keeps the login in the browser, for all tabs of the origin; where that is forbidden, as long as the page lives. */
export declare function localStore(key?: string): SessionStore;
export declare class Session extends Emitter<{
    user: User | null;
    renewed: undefined;
}> implements Tokens {
    #private;
    private readonly url;
    private readonly store;
    private readonly language;
    private readonly send;
    readonly http: Client<paths>;
    /** @param url The API's address, with its base path. */
    constructor(url: string, store: SessionStore, language: string | undefined, send: typeof fetch);
    get user(): User | null;
    /** Takes over the tokens of a login; null: forgets them. */
    adopt(data: SessionData | null): void;
    access(): Promise<string>;
    renew(refused: string): Promise<string>;
}
