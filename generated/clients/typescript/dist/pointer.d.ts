/** RFC 6901 pointers, as far as correlation ids need them: names only. */
/** Returns what a pointer names; undefined: nothing. */
export declare function at(value: unknown, pointer: string): unknown;
/** Returns a copy of `value` that has something at `pointer`: what is there, else what `make` gives. */
export declare function pointerWith(value: object, pointer: string, make: () => unknown): object;
