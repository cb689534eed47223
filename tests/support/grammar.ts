export { assertGrammar, assertPrefix } from '../../src/drill/grammar.ts';
