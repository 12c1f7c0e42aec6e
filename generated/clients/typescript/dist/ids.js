/** Ids for sends: 128 random bits. `crypto.randomUUID` would not do, a page over plain HTTP has none. */
/** Returns a new id, of 32 characters. */
export function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
