package io.maru.checkpoint.domain;

import io.maru.platform.error.CommonReason;
import io.maru.platform.name.ResourceName;
import java.util.regex.Pattern;

/**
 * {@code workspaces/{workspace}/models/{model}/versions/{version}}, which is also the prefix of the version's object keys.
 *
 * @param model its full name
 * @param version counts from 1
 */
public record ModelVersionName(String model, long version) {
    /** Since one thing has one name, 007 is not another word for 7. */
    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");

    private static final String VERSIONS = "/versions/";

    public ModelVersionName {
        if (version < 1) {
            throw new IllegalArgumentException("version: " + version + " (expected: >= 1)");
        }
    }

    /**
     * @param field what the caller calls it, for the message
     * @param name a full name of the form {@code workspaces/{workspace}/models/{model}/versions/{version}}
     */
    public static ModelVersionName parse(String field, String name) {
        String version = ResourceName.last(name);
        if (!VERSION.matcher(version).matches()) {
            throw CommonReason.INVALID_NAME.because("%s: \"%s\" (expected: to end with a number >= 1)", field, name);
        }
        return new ModelVersionName(name.substring(0, name.lastIndexOf(VERSIONS)), Long.parseLong(version));
    }

    /** The id of the workspace that it is in. */
    public String workspace() {
        return ResourceName.workspace(model);
    }

    /** The object key of one of the version's files. */
    public String key(String fileName) {
        return this + "/" + fileName;
    }

    @Override
    public String toString() {
        return model + VERSIONS + version;
    }
}
