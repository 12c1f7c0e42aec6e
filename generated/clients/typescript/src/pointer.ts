/** RFC 6901 pointers, as far as correlation ids need them: names only. */

/** Returns what a pointer names; undefined: nothing. */
export function at(value: unknown, pointer: string): unknown {
  return pointer.split("/").slice(1).reduce<unknown>((inner, name) => {
    const isObject = typeof inner === "object" && inner !== null && Object.hasOwn(inner, name);
    return isObject ? (inner as Record<string, unknown>)[name] : undefined;
  }, value);
}

/** Returns a copy of `value` that has something at `pointer`: what is there, else what `make` gives. */
export function pointerWith(value: object, pointer: string, make: () => unknown): object {
  const [name = "", ...rest] = pointer.split("/").slice(1);
  const inner = (value as Record<string, unknown>)[name];
  if (rest.length === 0) return { ...value, [name]: inner ?? make() };
  return { ...value, [name]: pointerWith((inner ?? {}) as object, `/${rest.join("/")}`, make) };
}
