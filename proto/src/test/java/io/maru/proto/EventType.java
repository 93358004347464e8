package io.maru.proto;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An event as events.proto declares it: the comment above each message starts with its type and, where that is not the topic
 * which the file names once, with its topic.
 */
record EventType(String type, String topic, Descriptor message) {
    private static final Pattern FILE_TOPIC = Pattern.compile("on Kafka, topic (maru\\.[a-z-]+\\.v\\d+)\\.");
    private static final Pattern DECLARATION =
            Pattern.compile("// (maru(?:\\.[a-z-]+)+\\.v\\d+)((?:.*\\n//)*.*)\\nmessage (\\w+) \\{");
    private static final Pattern OWN_TOPIC = Pattern.compile("on topic (maru\\.[a-z-]+\\.v\\d+)[:,]");

    static List<EventType> all() {
        List<EventType> types = new ArrayList<>();
        Contracts.eventFiles().forEach(file -> addTypes(file, types));
        return types;
    }

    private static void addTypes(FileDescriptor file, List<EventType> types) {
        String source = Contracts.source(file);
        Matcher topic = FILE_TOPIC.matcher(source);
        if (!topic.find()) {
            throw new IllegalStateException(file.getName() + ": names no topic (expected: \"on Kafka, topic ...\")");
        }
        Matcher declaration = DECLARATION.matcher(source);
        while (declaration.find()) {
            Matcher own = OWN_TOPIC.matcher(declaration.group(2));
            types.add(new EventType(
                    declaration.group(1),
                    own.find() ? own.group(1) : topic.group(1),
                    file.findMessageTypeByName(declaration.group(3))));
        }
    }

    @Override
    public String toString() {
        return type;
    }
}
