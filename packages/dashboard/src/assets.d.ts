/** What the build takes beside code. */
declare module '*.css';
