package io.maru.model.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.model.configuration.ConfigJson;
import io.maru.model.configuration.UnsupportedModelException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The chat templates of a model by name, of which {@code default} is taken where nobody asks for another. Hugging Face writes
 * them into tokenizer_config.json, as a text or as a list of names and texts, or into files beside it, which then count.
 */
final class ChatTemplates {
    private static final String CONFIG = "tokenizer_config.json";
    private static final String KEY = "chat_template";
    private static final String DEFAULT = "default";

    private ChatTemplates() {}

    /** @throws UnsupportedModelException if it is neither a text nor a list of them */
    static Map<String, String> of(byte[] tokenizerConfig) {
        JsonNode found = ConfigJson.parse(CONFIG, tokenizerConfig).copy().path(KEY);
        Map<String, String> templates = new LinkedHashMap<>();
        if (found.isTextual()) {
            templates.put(DEFAULT, found.textValue());
        } else if (found.isArray()) {
            for (JsonNode each : found) {
                if (!each.path("name").isTextual() || !each.path("template").isTextual()) {
                    throw new UnsupportedModelException(KEY, each, "an object with name and template");
                }
                templates.put(each.get("name").textValue(), each.get("template").textValue());
            }
        } else if (!found.isNull() && !found.isMissingNode()) {
            throw new UnsupportedModelException(KEY, found, "a text or a list of names and templates");
        }
        return templates;
    }

    static Optional<String> chosen(Map<String, String> templates) {
        return Optional.ofNullable(templates.get(DEFAULT));
    }

    /** The tokenizer_config.json in which these are the templates. */
    static byte[] into(Optional<byte[]> tokenizerConfig, Map<String, String> templates) {
        ObjectNode json = tokenizerConfig
                .map(found -> ConfigJson.parse(CONFIG, found).copy())
                .orElseGet(ConfigJson::object);
        if (templates.keySet().equals(Set.of(DEFAULT))) {
            json.put(KEY, templates.get(DEFAULT));
        } else {
            ArrayNode list = json.putArray(KEY);
            templates.forEach(
                    (name, template) -> list.addObject().put("name", name).put("template", template));
        }
        return ConfigJson.bytes(json);
    }

    /** The templates of the file and those that lie beside it. */
    static Map<String, String> with(
            Map<String, String> templates, Optional<byte[]> chosen, Map<String, byte[]> others) {
        Map<String, String> all = new LinkedHashMap<>(templates);
        chosen.ifPresent(template -> all.put(DEFAULT, text("chat_template.jinja", template)));
        others.forEach((name, template) -> all.put(name, text(name + ".jinja", template)));
        return all;
    }

    private static String text(String file, byte[] utf8) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (CharacterCodingException e) {
            throw new UnsupportedModelException(file + ": bytes that are no UTF-8 (expected: UTF-8)", e);
        }
    }
}
