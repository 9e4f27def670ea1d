// What some packages of Backstage expect to be there as in Node; injected by the build where it is used.
export { Buffer } from 'node:buffer';
export { default as process } from 'node:process';
