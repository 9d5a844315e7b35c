/**
 * The type of the page's own files where they are imported as texts; bun-types knows HTML only.
 */
declare module "*.js" {
  const text: string;
  export default text;
}
declare module "*.css" {
  const text: string;
  export default text;
}
declare module "*.svg" {
  const text: string;
  export default text;
}
