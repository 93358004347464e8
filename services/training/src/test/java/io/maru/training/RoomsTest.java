package io.maru.training;

import io.maru.platform.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void seeOnlyWhatTheyMay() {
        Rooms.check("io.maru.training");
    }
}
