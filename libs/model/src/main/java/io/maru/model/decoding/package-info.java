/** Runs a trained model: continues a text token by token, scores texts, and draws the next token. */
package io.maru.model.decoding;
