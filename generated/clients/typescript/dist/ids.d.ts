/** Ids for sends: 128 random bits. `crypto.randomUUID` would not do, a page over plain HTTP has none. */
/** Returns a new id, of 32 characters. */
export declare function newId(): string;
