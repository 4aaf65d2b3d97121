/*
 * The peer that the engine is measured against: the same probe, written in C as one would.
 *
 *   prober PORT FIRST COUNT SECONDS LIMIT TIMEOUT [TICK]
 *
 * Asks COUNT devices, at the loopback addresses from FIRST on, once each: connect, RTSP OPTIONS, whole reply
 * with status 200 and our CSeq, close. SECONDS 0: all at once, at most LIMIT in flight; else each at its own
 * moment, spread evenly over SECONDS, or with a TICK, in seconds, all that fall into one tick at its beginning.
 * TIMEOUT, in seconds, ends a probe that hangs. Prints one line of JSON; "cpu" is what the process used between
 * the first and the last probe.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 512, REPLY_MAX = 4096 };

enum phase { IDLE, CONNECTING, ASKING };

struct probe {
    int fd;
    enum phase phase;
    int filled;
    double deadline;
    char *reply; /* only while asking */
};

static int port, limit, count, epoll, flying, finished, good;
static uint32_t first;
static double timeout;
static struct probe *probes;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu_used(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void finish(struct probe *p, int ok)
{
    close(p->fd);
    free(p->reply);
    p->reply = NULL;
    p->phase = IDLE;
    flying--;
    finished++;
    good += ok;
}

static void start(struct probe *p)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct epoll_event watch = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = p};

    to.sin_addr.s_addr = htonl(first + (uint32_t)(p - probes));
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    p->filled = 0;
    p->deadline = now() + timeout;
    flying++;
    if (p->fd < 0 || (connect(p->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)) {
        finish(p, 0);
        return;
    }
    p->phase = CONNECTING;
    epoll_ctl(epoll, EPOLL_CTL_ADD, p->fd, &watch);
}

static void ask(struct probe *p)
{
    char text[160], host[INET_ADDRSTRLEN];
    struct in_addr address = {htonl(first + (uint32_t)(p - probes))};
    int length;

    inet_ntop(AF_INET, &address, host, sizeof host);
    length = snprintf(text, sizeof text, "OPTIONS rtsp://%s:%d/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: prober\r\n\r\n",
                      host, port);
    if (send(p->fd, text, length, MSG_NOSIGNAL) != length) {
        finish(p, 0);
        return;
    }
    p->phase = ASKING;
    p->reply = malloc(REPLY_MAX);
}

/* 1: a good reply, 0: not whole yet, -1: something else */
static int judge(const struct probe *p)
{
    if (!strstr(p->reply, "\r\n\r\n"))
        return p->filled == REPLY_MAX - 1 ? -1 : 0;
    if (strncmp(p->reply, "RTSP/1.0 200 ", 13))
        return -1;
    return strcasestr(p->reply, "\r\nCSeq: 1\r\n") ? 1 : -1;
}

static void read_reply(struct probe *p)
{
    for (;;) {
        ssize_t got = recv(p->fd, p->reply + p->filled, REPLY_MAX - 1 - p->filled, 0);
        int verdict;

        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            finish(p, 0);
            return;
        }
        p->filled += got;
        p->reply[p->filled] = 0;
        verdict = judge(p);
        if (verdict) {
            finish(p, verdict > 0);
            return;
        }
    }
}

static void on_event(const struct epoll_event *event)
{
    struct probe *p = event->data.ptr;

    if (p->phase == CONNECTING) {
        if (event->events & (EPOLLERR | EPOLLHUP)) {
            finish(p, 0);
            return;
        }
        ask(p);
    }
    if (p->phase == ASKING && event->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        read_reply(p);
}

/* All probes have the same timeout, so they expire in the order of their start. */
static void expire(int started, double moment)
{
    static int oldest;

    while (oldest < started) {
        struct probe *p = &probes[oldest];
        if (p->phase != IDLE && p->deadline > moment)
            return;
        if (p->phase != IDLE)
            finish(p, 0);
        oldest++;
    }
}

/* The seconds, counted from the sweep's beginning, before which probes may start now. */
static double reach(double elapsed, double tick)
{
    return tick ? ((long)(elapsed / tick) + 1) * tick : elapsed;
}

static void sweep(double seconds, double tick)
{
    struct epoll_event events[BATCH];
    double begin = now();
    int started = 0;

    while (finished < count) {
        double moment = now();
        int wait = 100, ready;

        while (started < count && flying < limit
               && (!seconds || seconds * started / count <= reach(moment - begin, tick)))
            start(&probes[started++]);
        if (seconds && started < count) {
            double next = tick ? reach(moment - begin, tick) : seconds * started / count;
            wait = (int)((begin + next - now()) * 1000) + 1;
            wait = wait < 0 ? 0 : wait > 100 ? 100 : wait;
        }
        ready = epoll_wait(epoll, events, BATCH, wait);
        for (int i = 0; i < ready; i++)
            on_event(&events[i]);
        expire(started, now());
    }
}

int main(int argc, char **argv)
{
    double seconds, begin, cpu;

    if (argc != 7 && argc != 8) {
        fprintf(stderr, "prober PORT FIRST COUNT SECONDS LIMIT TIMEOUT [TICK]\n");
        return 2;
    }
    port = atoi(argv[1]);
    first = ntohl(inet_addr(argv[2]));
    count = atoi(argv[3]);
    seconds = atof(argv[4]);
    limit = atoi(argv[5]);
    timeout = atof(argv[6]);
    probes = calloc(count, sizeof *probes);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    begin = now();
    cpu = cpu_used();
    sweep(seconds, argc == 8 ? atof(argv[7]) : 0);
    printf("{\"probes\": %d, \"ok\": %d, \"cpu\": %.6f, \"wall\": %.3f}\n", count, good, cpu_used() - cpu,
           now() - begin);
    return 0;
}
