package io.maru.control.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.maru.control.app.Rejections;
import io.maru.control.app.Runs;
import io.maru.control.v1.RunRequested;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Kind;
import io.maru.platform.error.Refusal;
import io.maru.platform.event.Fact;
import io.maru.platform.event.FactDelivery;
import io.maru.platform.event.Inbox;
import io.smallrye.reactive.messaging.annotations.Blocking;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * Submits a run for each {@code maru.run.requested.v1}. The event's id is the request id, so the same event again is the
 * same run. A refusal becomes {@code maru.run.rejected.v1}, and the stream goes on.
 */
@ApplicationScoped
public class RunRequestConsumer {
    private static final String TYPE = "maru.run.requested.v1";

    private final Runs runs;
    private final Rejections rejections;
    private final FactDelivery protobuf;
    private final FactDelivery json;

    RunRequestConsumer(Runs runs, Rejections rejections, Inbox inbox) {
        this.runs = runs;
        this.rejections = rejections;
        this.protobuf = new FactDelivery(inbox, Map.of(TYPE, fact -> submit(fact, RunRequested::parseFrom)));
        this.json = new FactDelivery(inbox, Map.of(TYPE, fact -> submit(fact, RunRequestConsumer::parseJson)));
    }

    @Incoming("run-requests")
    @Blocking
    void on(ConsumerRecord<String, byte[]> record) {
        (isJson(record) ? json : protobuf).deliver(record);
    }

    private void submit(Fact event, Parser parser) {
        try {
            RunRequested request = parse(event, parser);
            runs.submit(
                    "workspaces/" + Caller.current().workspace(),
                    Caller.requestKey("SubmitRun", event.id()),
                    request.getRecipe(),
                    request.getSourcesList());
        } catch (Refusal e) {
            if (e.reason().kind() == Kind.UNAVAILABLE) {
                throw e;
            }
            rejections.reject(event.id(), e);
        }
    }

    private static RunRequested parse(Fact event, Parser parser) {
        try {
            return parser.parse(event.data());
        } catch (InvalidProtocolBufferException e) {
            throw new Refusal(
                    CommonReason.INVALID_ARGUMENT,
                    "data: unreadable (expected: maru.control.v1.RunRequested, as protobuf, or as JSON with content-type"
                            + " application/json)",
                    e);
        }
    }

    private static RunRequested parseJson(byte[] data) throws InvalidProtocolBufferException {
        RunRequested.Builder request = RunRequested.newBuilder();
        JsonFormat.parser().merge(new String(data, StandardCharsets.UTF_8), request);
        return request.build();
    }

    private static boolean isJson(ConsumerRecord<String, byte[]> record) {
        Header type = record.headers().lastHeader("content-type");
        return type != null
                && new String(type.value(), StandardCharsets.UTF_8)
                        .toLowerCase(Locale.ROOT)
                        .startsWith("application/json");
    }

    @FunctionalInterface
    private interface Parser {
        RunRequested parse(byte[] data) throws InvalidProtocolBufferException;
    }
}
