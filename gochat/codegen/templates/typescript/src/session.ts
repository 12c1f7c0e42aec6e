/**
 * One login: its tokens, renewed before they end, kept where the app wants them, and the HTTP calls made with them.
 *
 * A refresh token is good for one refresh, and one that is used twice ends the login: so there is one refresh at a time,
 * and what another tab has stored in the meantime is taken over.
 */
import createClient, { type Client } from "openapi-fetch";
import { OPEN_OPERATIONS } from "./catalogue.js";
import type { Tokens } from "./connection.js";
import { Emitter } from "./emitter.js";
import { ConnectionLost, GoChatError } from "./failures.js";
import type { paths, Session as SessionData, User } from "./http_types.js";

type RefreshAnswer =
  | { readonly data: SessionData; readonly code?: undefined }
  | { readonly data?: undefined; readonly code: string; readonly message: string };

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
export function memoryStore(): SessionStore {
  let kept: StoredSession | null = null;
  return { load: () => kept, save: (session) => void (kept = session) };
}

/** Keeps the login in the browser, for all tabs of the origin; where that is forbidden, as long as the page lives. */
export function localStore(key = "gochat"): SessionStore {
  const memory = memoryStore();
  let isForbidden = false;
  return {
    load: () => {
      if (isForbidden) return memory.load();
      try {
        return JSON.parse(localStorage.getItem(key) ?? "null") as StoredSession | null;
      } catch {
        return null; // not ours, or spoilt: as if there were none
      }
    },
    save: (session) => {
      try {
        if (session === null) localStorage.removeItem(key);
        else localStorage.setItem(key, JSON.stringify(session));
      } catch {
        isForbidden = true; // private windows, blocked storage, a full disk
        memory.save(session);
      }
    },
    lock: async (run) => ("locks" in navigator ? await navigator.locks.request(`${key}-refresh`, run) : await run()),
  };
}

/** Renewed when less is left: a fifth of the life, at most a minute. */
const MARGIN = 0.2;
const MARGIN_MAX_MS = 60_000;
/** How long an answer is waited for. */
const ANSWER_MS = 30_000;
/** How soon a refresh that failed is tried again. */
const RETRY_MS = 5000;
/** setTimeout takes no more. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export class Session extends Emitter<{ user: User | null; renewed: undefined }> implements Tokens {
  readonly http: Client<paths>;
  #renewing: Promise<string> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param url The API's address, with its base path. */
  constructor(
    private readonly url: string,
    private readonly store: SessionStore,
    private readonly language: string | undefined,
    private readonly send: typeof fetch,
  ) {
    super();
    this.http = createClient<paths>({ baseUrl: url, fetch: (request) => this.#fetch(request) });
    this.#schedule();
  }

  get user(): User | null {
    return this.store.load()?.user ?? null;
  }

  /** Takes over the tokens of a login; null: forgets them. */
  adopt(data: SessionData | null): void {
    const { accessToken, refreshToken, expiresIn, user } = data ?? {};
    this.store.save(
      data === null || accessToken === undefined || refreshToken === undefined || expiresIn === undefined || !user
        ? null
        : { accessToken, refreshToken, expiresIn, user, expiresAt: Date.now() + expiresIn * 1000 },
    );
    this.#schedule();
    this.emit("user", this.user);
  }

  async access(): Promise<string> {
    const session = this.store.load();
    if (session === null) throw new GoChatError("AUTH_FAILED", "nobody is logged in");
    return session.expiresAt - Date.now() > 1000 ? session.accessToken : await this.renew(session.accessToken);
  }

  renew(refused: string): Promise<string> {
    this.#renewing ??= this.#renew(refused).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #renew(refused: string): Promise<string> {
    const alone = this.store.lock?.bind(this.store) ?? ((run: () => Promise<string>) => run());
    return await alone(async () => {
      const session = this.store.load();
      if (session === null) throw new GoChatError("AUTH_FAILED", "nobody is logged in");
      if (session.accessToken !== refused) {
        this.#schedule();
        return session.accessToken; // somebody else was faster
      }
      const { status, body } = await this.#refresh(session.refreshToken);
      const now = this.store.load();
      if (now?.refreshToken !== session.refreshToken) {
        // Meanwhile somebody has logged out, or in: this answer is nobody's.
        if (now === null) throw new GoChatError("AUTH_FAILED", "nobody is logged in");
        return now.accessToken;
      }
      if (body.data !== undefined) {
        this.adopt(body.data);
        this.emit("renewed", undefined);
        return body.data.accessToken;
      }
      if (body.code === "AUTH_FAILED") this.adopt(null);
      throw new GoChatError(body.code, body.message, {}, status);
    });
  }

  async #refresh(refreshToken: string): Promise<{ status: number; body: RefreshAnswer }> {
    const headers = { "Content-Type": "application/json", ...this.#languageHeader() };
    const request = { method: "POST", headers, body: JSON.stringify({ refreshToken }) };
    try {
      const response = await this.send(`${this.url}/auth/refresh`, { ...request, signal: AbortSignal.timeout(ANSWER_MS) });
      const body = (await response.json()) as RefreshAnswer;
      if (body.data === undefined && typeof body.code !== "string") throw new TypeError("no answer of a GoChat server");
      return { status: response.status, body };
    } catch (error) {
      throw new ConnectionLost("POST /auth/refresh: no answer", { cause: error });
    }
  }

  /** Sends a request with the token; once more with another when this one is refused. */
  async #fetch(request: Request): Promise<Response> {
    for (const [name, value] of Object.entries(this.#languageHeader())) request.headers.set(name, value);
    const path = new URL(request.url).pathname.slice(new URL(this.url).pathname.replace(/\/$/, "").length);
    const send = async (each: Request): Promise<Response> =>
      await this.send(each, { signal: AbortSignal.any([each.signal, AbortSignal.timeout(ANSWER_MS)]) });
    if (OPEN_OPERATIONS.has(`${request.method} ${path}`)) return await send(request);
    const again = request.clone();
    const token = await this.access();
    request.headers.set("Authorization", `Bearer ${token}`);
    const response = await send(request);
    if (response.status !== 401) return response;
    again.headers.set("Authorization", `Bearer ${await this.renew(token)}`);
    return await send(again);
  }

  #languageHeader(): Record<string, string> {
    return this.language === undefined ? {} : { "Accept-Language": this.language };
  }

  /** Renews in time, while the process has something else to live for. */
  #schedule(): void {
    clearTimeout(this.#timer);
    const session = this.store.load();
    if (session === null) return;
    const margin = Math.min(session.expiresIn * 1000 * MARGIN, MARGIN_MAX_MS);
    const waitMs = Math.min(Math.max(session.expiresAt - margin - Date.now(), 0), TIMER_MAX_MS);
    this.#wakeIn(waitMs, () => {
      this.renew(session.accessToken).catch(() => {
        // Whoever needs a token next meets the failure; it may pass before that.
        if (this.store.load() !== null) this.#wakeIn(RETRY_MS, () => this.#schedule());
      });
    });
  }

  #wakeIn(waitMs: number, run: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(run, waitMs);
    (this.#timer as { unref?: () => void }).unref?.();
  }
}
