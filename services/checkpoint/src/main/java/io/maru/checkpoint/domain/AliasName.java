package io.maru.checkpoint.domain;

import io.maru.platform.error.CommonReason;
import io.maru.platform.name.ResourceName;
import java.util.regex.Pattern;

/**
 * {@code workspaces/{workspace}/models/{model}@{alias}}.
 *
 * @param model its full name
 * @param alias neither {@code latest}, which is the model's own name, nor what looks like a version's
 */
public record AliasName(String model, String alias) {
    private static final Pattern RESERVED = Pattern.compile("latest|v?[0-9]+");

    public AliasName {
        if (!ResourceName.isId(alias) || RESERVED.matcher(alias).matches()) {
            throw CommonReason.INVALID_NAME.because(
                    "alias: \"%s\" (expected: lowercase letters, digits and hyphens, at most 63; no number, not latest)",
                    alias);
        }
    }

    /** Reads a full name of the form {@code workspaces/{workspace}/models/{model}@{alias}}. */
    public static AliasName parse(String name) {
        int at = name.lastIndexOf('@');
        return new AliasName(name.substring(0, at), name.substring(at + 1));
    }

    @Override
    public String toString() {
        return model + "@" + alias;
    }
}
