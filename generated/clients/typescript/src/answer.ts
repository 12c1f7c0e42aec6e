/** Takes the data out of an answer, or throws what the server says is wrong. */
import { ConnectionLost, GoChatError } from "./failures.js";

interface Envelope {
  readonly success: boolean;
  readonly message: string;
  readonly data?: unknown;
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Resolves with `data` of a success; rejects with GoChatError, or with ConnectionLost when no answer came. */
export async function answer<Data>(call: Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<Data> {
  let outcome;
  try {
    outcome = await call;
  } catch (error) {
    if (error instanceof GoChatError || error instanceof ConnectionLost) throw error;
    throw new ConnectionLost("no answer from the server", { cause: error });
  }
  const envelope = (outcome.data ?? outcome.error) as Envelope | undefined;
  if (outcome.response.ok && envelope?.success === true) return envelope.data as Data;
  const { status } = outcome.response;
  if (typeof envelope !== "object" || envelope === null || typeof envelope.code !== "string") {
    throw new ConnectionLost(`${status} from something that is not a GoChat server`); // a proxy in between
  }
  throw new GoChatError(envelope.code, envelope.message, envelope.details ?? {}, status);
}
