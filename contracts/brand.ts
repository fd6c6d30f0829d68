// A brand makes two things that look alike (two strings, two bigints) different types, so that one is never handed in
// for the other. Brands are put on only by the constructors in ids.ts and amounts.ts; everything else receives them.

declare const brand: unique symbol;

export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
