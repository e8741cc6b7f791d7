package labpack.launcher;

import java.text.SimpleDateFormat;
import java.util.Date;

/** The launcher's own lines: stdout only, because the server's log does not exist yet. */
final class Console {
    private Console() {}

    static void line(String level, String type, String message) {
        String now = new SimpleDateFormat("yyyy-MM-dd HH:mm:ss,SSS").format(new Date());
        System.out.println(String.format("[%s] %5s {%s} -  %s", now, level, type, message));
    }
}
