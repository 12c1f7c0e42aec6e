/** Resolves with `data` of a success; rejects with GoChatError, or with ConnectionLost when no answer came. */
export declare function answer<Data>(call: Promise<{
    data?: unknown;
    error?: unknown;
    response: Response;
}>): Promise<Data>;
