/**
 * Stands between the files of other programs and the files of a model version: {@link
 * io.maru.model.exchange.ForeignModel} reads what Hugging Face and llama.cpp write, {@link
 * io.maru.model.exchange.ExportedModel} writes what they read. Nothing that a file holds is executed.
 *
 * <pre>
 *   config.json, model.safetensors   HuggingFaceFolder                   config.json
 *   or shards with an index                  |        \                  generation_config.json
 *                                            |         ForeignModel  ->  model.safetensors
 *   one .gguf                             GgufModel    /                 (the tokenizer is the caller's)
 * </pre>
 *
 * A tensor is read, turned and written in pieces of some rows, so that memory does not depend on the model's size.
 */
package io.maru.model.exchange;
