/** RFC 6901 pointers, as far as correlation ids need them: names only. */
/** Returns what a pointer names; undefined: nothing. */
export function at(value, pointer) {
    return pointer.split("/").slice(1).reduce((inner, name) => {
        const isObject = typeof inner === "object" && inner !== null && Object.hasOwn(inner, name);
        return isObject ? inner[name] : undefined;
    }, value);
}
/** Returns a copy of `value` that has something at `pointer`: what is there, else what `make` gives. */
export function pointerWith(value, pointer, make) {
    const [name = "", ...rest] = pointer.split("/").slice(1);
    const inner = value[name];
    if (rest.length === 0)
        return { ...value, [name]: inner ?? make() };
    return { ...value, [name]: pointerWith((inner ?? {}), `/${rest.join("/")}`, make) };
}
